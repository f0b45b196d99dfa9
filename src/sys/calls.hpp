#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

/// The single seam for system calls that can fail at run time.
///
/// Each function is the call of the same name. It retries on EINTR; every other error is returned as the call does, -1
/// with errno. In a build with BROOD_FAULTS, tests can make the Nth call fail (sys/faults.hpp).
namespace brood::detail::sys {

using boost::system::error_code;

inline bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK; }
inline error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

int pipe(int ends[2]) noexcept;                  ///< pipe2 with O_CLOEXEC
int pipe_size(int pipe) noexcept;                ///< F_GETPIPE_SZ: its capacity in bytes
int set_pipe_size(int pipe, int size) noexcept;  ///< F_SETPIPE_SZ
int socket_pair(int ends[2]) noexcept;           ///< AF_UNIX stream, SOCK_CLOEXEC
int open(const char* path, int flags) noexcept;  ///< O_CLOEXEC is added
int duplicate(int fd) noexcept;                  ///< F_DUPFD_CLOEXEC
int set_nonblocking(int fd) noexcept;
int set_blocking(int fd) noexcept;
int set_close_on_exec(int fd) noexcept;
int memory_file() noexcept;                         ///< memfd_create with MFD_CLOEXEC
int sealed_memory_file(std::size_t size) noexcept;  ///< the same with a fixed size (F_SEAL_SHRINK, _GROW)
bool keeps_its_size(int file) noexcept;             ///< whether it is such a file, on ordinary pages
int unnamed_file(const std::string& directory);     ///< readable and writable; deleted when it is closed
int is_open(int fd) noexcept;                       ///< F_GETFD: -1 with EBADF if it is not
bool is_private(int fd) noexcept;                   ///< an epoll, an eventfd, a timerfd ... that closes on exec
ssize_t read(int fd, void* data, std::size_t size) noexcept;
ssize_t read_at(int fd, void* data, std::size_t size, std::size_t offset) noexcept;  ///< pread
std::int64_t size_of(int file) noexcept;                                             ///< by fstat; -1 if it is unknown
ssize_t write_at(int fd, const void* data, std::size_t size, std::size_t offset) noexcept;  ///< pwrite
void shut_down(int socket) noexcept;                                                        ///< both directions
bool is_socket(int fd) noexcept;
bool is_pipe(int fd) noexcept;
/// its inode number, which is unique among files of its type; 0 if unknown
std::uint64_t number_of(int file) noexcept;
bool is_ready(int fd, short events) noexcept;  ///< poll without waiting: ready, or failed
std::size_t readable_now(int fd) noexcept;     ///< FIONREAD: bytes in a pipe or a socket; 0 if unknown
ssize_t write_without_signal(int fd, const void* data, std::size_t size) noexcept;  ///< EPIPE, never SIGPIPE
ssize_t splice(int from, int to, std::size_t size) noexcept;                        ///< SPLICE_F_NONBLOCK | _MOVE
ssize_t splice_without_signal(int from, int to, std::size_t size) noexcept;         ///< the same; EPIPE, never SIGPIPE
ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t size) noexcept;  ///< sendfile; never SIGPIPE
ssize_t send_message(int fd, const msghdr* message) noexcept;  ///< MSG_NOSIGNAL | MSG_DONTWAIT
ssize_t receive_message(int fd, msghdr* message) noexcept;     ///< MSG_CMSG_CLOEXEC | MSG_DONTWAIT
bool random(void* data, std::size_t size) noexcept;  ///< getrandom, good enough for keys; false with errno on failure
/// SOCK_CLOEXEC | SOCK_NONBLOCK. Skips connections that were closed in the queue. An error concerns the listening
/// socket (nothing is waiting, or nothing can be accepted now), so the same call would fail again.
int accept(int listener) noexcept;
int pidfd_open(pid_t process) noexcept;  ///< closes on exec
int pidfd_send_signal(int pidfd, int signal) noexcept;
int kill(pid_t process, int signal) noexcept;  ///< a negative number is a process group
pid_t group_of(pid_t process) noexcept;        ///< getpgid
void sleep_for(std::chrono::nanoseconds time) noexcept;
int wait_pidfd(int pidfd, siginfo_t* info, rusage* usage, int options) noexcept;

}  // namespace brood::detail::sys

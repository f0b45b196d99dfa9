#include "sys/calls.hpp"

#include <linux/magic.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/faults.hpp"

namespace brood::detail::sys {
namespace {

/// Repeats the call while it is interrupted. In tests a planted fault comes first.
template <class Call>
auto retry(Call call) noexcept -> decltype(call()) {
  if (fault_due()) return -1;
  for (;;) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

/// Errors of accept(2) that concern only the accepted connection, which is gone. The next one may succeed.
bool ends_one_connection_only(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case ETIMEDOUT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET: return true;
    default: return false;
  }
}

}  // namespace

int pipe(int ends[2]) noexcept {
  return retry([&] { return ::pipe2(ends, O_CLOEXEC); });
}

int pipe_size(int pipe) noexcept {
  return retry([&] { return ::fcntl(pipe, F_GETPIPE_SZ); });
}

int set_pipe_size(int pipe, int size) noexcept {
  return retry([&] { return ::fcntl(pipe, F_SETPIPE_SZ, size); });
}

int socket_pair(int ends[2]) noexcept {
  return retry([&] { return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); });
}

int open(const char* path, int flags) noexcept {
  return retry([&] { return ::open(path, flags | O_CLOEXEC, 0666); });
}

int set_nonblocking(int fd) noexcept {
  int on = 1;  // FIONBIO is one call, F_GETFL and F_SETFL are two
  return retry([&] { return ::ioctl(fd, FIONBIO, &on); });
}

int set_blocking(int fd) noexcept {
  return retry([&] {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags == -1 ? -1 : ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  });
}

int memory_file() noexcept {
  return retry([] { return ::memfd_create("brood", MFD_CLOEXEC); });
}

int sealed_memory_file(std::size_t size) noexcept {
  rlimit most{};
  if (::getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < size) {
    errno = EFBIG;  // the kernel would raise SIGXFSZ
    return -1;
  }
  const int made = retry([] { return ::memfd_create("brood", MFD_CLOEXEC | MFD_ALLOW_SEALING); });
  if (made == -1) return -1;
  const auto fixed = retry([&] {
    const int sized = ::ftruncate(made, static_cast<off_t>(size));
    return sized == -1 ? -1 : ::fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  });
  if (fixed == 0) return made;
  ::close(made);
  return -1;
}

bool keeps_its_size(int file) noexcept {
  const int seals = ::fcntl(file, F_GET_SEALS);
  struct statfs about {};
  return seals != -1 && (seals & F_SEAL_SHRINK) != 0 && ::fstatfs(file, &about) == 0 && about.f_type == TMPFS_MAGIC;
}

/// Some file systems (overlayfs before Linux 6.3) do not support O_TMPFILE: there the file gets a name that is removed
/// at once.
int unnamed_file(const std::string& directory) {
  const int made = retry([&] { return ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); });
  if (made != -1 || (errno != EOPNOTSUPP && errno != EISDIR)) return made;
  std::string name = directory + "/brood-XXXXXX";
  const int named = retry([&] { return ::mkostemp(name.data(), O_CLOEXEC); });
  if (named != -1) ::unlink(name.c_str());
  return named;
}

int is_open(int fd) noexcept {
  return retry([&] { return ::fcntl(fd, F_GETFD); });
}

/// For such a descriptor st_mode has no file type.
bool is_private(int fd) noexcept {
  struct stat about {};
  return (is_open(fd) & FD_CLOEXEC) != 0 && ::fstat(fd, &about) == 0 && (about.st_mode & S_IFMT) == 0;
}

int set_close_on_exec(int fd) noexcept {
  return retry([&] { return ::fcntl(fd, F_SETFD, FD_CLOEXEC); });
}

ssize_t read(int fd, void* data, std::size_t size) noexcept {
  return retry([&] { return ::read(fd, data, size); });
}

ssize_t read_at(int fd, void* data, std::size_t size, std::size_t offset) noexcept {
  return retry([&] { return ::pread(fd, data, size, static_cast<off_t>(offset)); });
}

ssize_t write_at(int fd, const void* data, std::size_t size, std::size_t offset) noexcept {
  return retry([&] { return ::pwrite(fd, data, size, static_cast<off_t>(offset)); });
}

void shut_down(int socket) noexcept { ::shutdown(socket, SHUT_RDWR); }

bool is_socket(int fd) noexcept {
  struct stat facts;
  return ::fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

bool is_pipe(int fd) noexcept {
  struct stat facts;
  return ::fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

std::uint64_t number_of(int file) noexcept {
  struct stat facts;
  return ::fstat(file, &facts) == 0 ? facts.st_ino : 0;
}

std::int64_t size_of(int file) noexcept {
  struct stat about {};
  return ::fstat(file, &about) == 0 ? about.st_size : -1;
}

bool is_ready(int fd, short events) noexcept {
  pollfd one{.fd = fd, .events = events, .revents = 0};
  return ::poll(&one, 1, 0) != 0;
}

int duplicate(int fd) noexcept {
  return retry([&] { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); });
}

std::size_t readable_now(int fd) noexcept {
  int size = 0;
  return ::ioctl(fd, FIONREAD, &size) == 0 && size > 0 ? static_cast<std::size_t>(size) : 0;
}

namespace {

/// write(2), splice(2) and sendfile(2) have no MSG_NOSIGNAL. On a pipe without a reader, or on a connection that the
/// peer has reset, they raise SIGPIPE, which kills a program that has not prepared for it. The kernel sends the signal
/// to the calling thread, so it is blocked there during the call and consumed afterwards, unless it was pending before.
/// The return value does not show whether it was raised: a call that wrote a part returns the size of that part, and
/// may have raised the signal for the rest.
template <class Write>
ssize_t without_sigpipe(Write write) noexcept {
  sigset_t pipe_signal;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  sigemptyset(&pending);
  if (sigismember(&before, SIGPIPE) == 1) ::sigpending(&pending);
  const ssize_t result = retry(write);
  const int error = errno;
  if (sigismember(&pending, SIGPIPE) == 0) {
    const timespec at_once{};
    ::sigtimedwait(&pipe_signal, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return result;
}

}  // namespace

ssize_t write_without_signal(int fd, const void* data, std::size_t size) noexcept {
  return without_sigpipe([&] { return ::write(fd, data, size); });
}

ssize_t splice(int from, int to, std::size_t size) noexcept {
  return retry([&] { return ::splice(from, nullptr, to, nullptr, size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE); });
}

ssize_t splice_without_signal(int from, int to, std::size_t size) noexcept {
  return without_sigpipe([&] { return ::splice(from, nullptr, to, nullptr, size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE); });
}

ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t size) noexcept {
  auto from = static_cast<off_t>(offset);
  return without_sigpipe([&] { return ::sendfile(socket, file, &from, size); });
}

ssize_t send_message(int fd, const msghdr* message) noexcept {
  return retry([&] { return ::sendmsg(fd, message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

ssize_t receive_message(int fd, msghdr* message) noexcept {
  return retry([&] { return ::recvmsg(fd, message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT); });
}

int accept(int listener) noexcept {
  for (;;) {
    const int fd = retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); });
    if (fd != -1 || !ends_one_connection_only(errno)) return fd;
  }
}

bool random(void* data, std::size_t size) noexcept {
  const auto got = retry([&] { return ::getrandom(data, size, 0); });
  return got >= 0 && static_cast<std::size_t>(got) == size;  // up to 256 bytes are never split
}

int pidfd_open(pid_t process) noexcept {
  return retry([&] { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); });
}

int kill(pid_t process, int signal) noexcept {
  return retry([&] { return ::kill(process, signal); });
}

pid_t group_of(pid_t process) noexcept {
  return retry([&] { return ::getpgid(process); });
}

void sleep_for(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec left{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  ::nanosleep(&left, nullptr);
}

int pidfd_send_signal(int pidfd, int signal) noexcept {
  return retry([&] { return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0)); });
}

/// Faults are never planted here. For a child of this process the call fails only with ECHILD, which a test causes by
/// collecting the status. Any other error would leave a zombie.
int wait_pidfd(int pidfd, siginfo_t* info, rusage* usage, int options) noexcept {
  for (;;) {
    // The system call itself, because libc's waitid lacks the fifth argument.
    const long result = ::syscall(SYS_waitid, P_PIDFD, pidfd, info, options, usage);
    if (result != -1 || errno != EINTR) return static_cast<int>(result);
  }
}

}  // namespace brood::detail::sys

#include "sys/listen_unix.hpp"

#include <arpa/inet.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "sys/calls.hpp"
#include "sys/faults.hpp"
#include "sys/listen.hpp"

namespace brood::detail::sys {
namespace {

/// The other program only binds and listens while it holds the lock.
constexpr int lock_attempts = 20;
constexpr useconds_t lock_pause = 1000;

unique_fd new_socket() noexcept {
  if (fault_due()) return {};
  return unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool is_socket_file(const char* path, struct stat& file) noexcept {
  return ::lstat(path, &file) == 0 && S_ISSOCK(file.st_mode);
}

/// Only "connection refused" proves it: a full queue, or a socket of another type, has an owner.
bool nobody_listens(const sockaddr_un& at) noexcept {
  const unique_fd probe = new_socket();
  return probe && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == -1 &&
         errno == ECONNREFUSED;
}

unique_fd bind_and_listen(const sockaddr_un& at, int backlog) noexcept {
  unique_fd fd = new_socket();
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == -1) return {};
  if (sys::listen(fd.get(), backlog) == 0) return fd;
  const int reason = errno;
  ::unlink(at.sun_path);  // the name that was just created
  errno = reason;
  return {};
}

/// The lock is held until the descriptor is closed. Empty if the directory cannot be opened; then no lock is used.
/// `busy` is set if another program holds it.
unique_fd lock_directory_of(const std::string& path, bool& busy) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  unique_fd lock(sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY));
  busy = false;
  for (int i = 0; lock && i < lock_attempts; ++i) {
    busy = ::flock(lock.get(), LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK;
    if (!busy) break;
    ::usleep(lock_pause);
  }
  return lock;
}

bool is_ip_address(const std::string& text) noexcept {
  in6_addr address;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 || ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

void refuse_address(const std::string& path) {
  if (path.find('/') != std::string::npos) return;
  const auto number = path.substr(path.rfind(':') + 1);  // the whole path if there is no ':'
  const bool ends_in_number = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  if (!ends_in_number && !is_ip_address(path)) return;
  throw boost::system::system_error(
      EINVAL, boost::system::system_category(),
      "listen on \"" + path +
          "\": a path is expected, but this looks like an address. For a port on every address write " +
          "listen(8000), for one address listen({make_address(\"127.0.0.1\"), 8000}), for a socket file \"./" + path +
          '"');
}

unique_fd listen_unix(const std::string& path, int backlog, socket_file& made) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof at.sun_path) {
    errno = path.empty() ? EINVAL : ENAMETOOLONG;
    return {};
  }
  std::memcpy(at.sun_path, path.data(), path.size());
  bool busy = false;
  const unique_fd lock = lock_directory_of(path, busy);
  if (busy) {
    errno = EADDRINUSE;
    return {};
  }
  struct stat file {};
  unique_fd fd = bind_and_listen(at, backlog);
  if (!fd && errno == EADDRINUSE) {
    const bool stale = is_socket_file(at.sun_path, file) && nobody_listens(at);
    if (stale && ::unlink(at.sun_path) == 0) {
      fd = bind_and_listen(at, backlog);
    } else if (!stale) {
      errno = EADDRINUSE;
    }
  }
  if (fd && is_socket_file(at.sun_path, file)) made = {path, file.st_dev, file.st_ino};
  return fd;
}

void remove(const socket_file& made) noexcept {
  struct stat file {};
  if (made.path.empty() || !is_socket_file(made.path.c_str(), file)) return;
  if (file.st_dev == made.device && file.st_ino == made.inode) ::unlink(made.path.c_str());
}

void allow_all(const socket_file& made, bool read, bool write) noexcept {
  struct stat file {};
  if ((!read && !write) || !is_socket_file(made.path.c_str(), file)) return;
  const mode_t more = (read ? S_IRUSR | S_IRGRP | S_IROTH : 0U) | (write ? S_IWUSR | S_IWGRP | S_IWOTH : 0U);
  ::chmod(made.path.c_str(), (file.st_mode & 07777U) | more);
}

std::string path_of(int socket) {
  sockaddr_un at{};
  socklen_t size = sizeof at;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == -1 || at.sun_family != AF_UNIX) return {};
  if (size <= offsetof(sockaddr_un, sun_path)) return {};
  // A path of the maximum length has no NUL after it, and the size includes one that did not fit (unix(7)).
  const std::size_t length = std::min(size - offsetof(sockaddr_un, sun_path), sizeof at.sun_path);
  return {at.sun_path, ::strnlen(at.sun_path, length)};
}

}  // namespace brood::detail::sys

#include "brood/message.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/system/system_error.hpp>
#include <cerrno>

namespace brood {
namespace {

/// 0 if the descriptor is not a socket.
int socket_option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

}  // namespace

attachment::kind attachment::kind_of(int fd) noexcept {
  if (fd < 0) return kind::none;
  switch (socket_option(fd, SO_TYPE)) {
    case SOCK_STREAM: return socket_option(fd, SO_ACCEPTCONN) != 0 ? kind::server : kind::socket;
    case SOCK_DGRAM: return socket_option(fd, SO_DOMAIN) == AF_UNIX ? kind::native : kind::datagram;
    default: return kind::native;
  }
}

unique_fd attachment::duplicate(int fd) {
  unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw boost::system::system_error(errno, boost::system::system_category(), "attachment");
  return copy;
}

/// A socket that neither listens nor is connected can become either.
void attachment::check_is(int family, int type, bool accepts) const {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(native_handle(), SOL_SOCKET, SO_TYPE, &value, &size) != 0) {
    throw boost::system::system_error(errno, boost::system::system_category(), "attachment::take_as");
  }
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  const bool connected = ::getpeername(native_handle(), reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
  const bool listens = socket_option(native_handle(), SO_ACCEPTCONN) != 0;
  const bool fits = value == type && socket_option(native_handle(), SO_DOMAIN) == family;
  if (!fits || (accepts ? connected : listens)) {
    throw boost::system::system_error(EINVAL, boost::system::system_category(),
                                      "attachment::take_as: the handle is another type of socket");
  }
}

bool attachment::is_ipv6() const noexcept { return socket_option(fd_.get(), SO_DOMAIN) == AF_INET6; }

}  // namespace brood

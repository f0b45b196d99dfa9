#include "sys/listen.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "sys/faults.hpp"

namespace brood::detail::sys {
namespace {

union any_address {
  sockaddr base;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// The common properties of a type of sockets.
struct socket_form {
  int type = SOCK_STREAM;
  bool ipv6_only = false;
  bool reuse_address = true;
  bool share = false;  ///< sets SO_REUSEPORT before binding
};

unique_fd bind_at(const any_address& address, socklen_t size, const socket_form& form) noexcept {
  if (fault_due()) return {};
  unique_fd fd(::socket(address.base.sa_family, form.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return {};
  const int on = 1;
  const int only = form.ipv6_only ? 1 : 0;
  if (form.reuse_address) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.base.sa_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  if (form.share && let_share(fd.get()) == -1) return {};
  if (::bind(fd.get(), &address.base, size) == -1) return {};
  return fd;
}

/// The index of a zone: the name of an interface, or a number (RFC 4007, section 11.2). 0 if there is none of that
/// name.
unsigned index_of(const std::string& zone) noexcept {
  if (const unsigned index = ::if_nametoindex(zone.c_str()); index != 0) return index;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  return error == std::errc{} && end == zone.data() + zone.size() ? number : 0;
}

/// Parses an IPv6 address with a zone ("fe80::1%eth0") or without. Returns false with errno if it is invalid: ENODEV if
/// only the zone is unknown.
bool to_ipv6(const std::string& text, sockaddr_in6& to) {
  errno = EINVAL;
  const auto percent = text.find('%');
  if (::inet_pton(AF_INET6, text.substr(0, percent).c_str(), &to.sin6_addr) != 1) return false;
  if (percent == std::string::npos) return true;
  to.sin6_scope_id = index_of(text.substr(percent + 1));
  if (to.sin6_scope_id == 0) errno = ENODEV;
  return to.sin6_scope_id != 0;
}

unique_fd bind_to(const std::optional<std::string>& address, std::uint16_t port, const socket_form& form) noexcept {
  any_address at{};
  const bool any = !address;
  at.v6.sin6_family = AF_INET6;
  at.v6.sin6_port = htons(port);
  if (any || to_ipv6(*address, at.v6)) {
    unique_fd fd = bind_at(at, sizeof at.v6, form);
    const bool no_ipv6 = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL || errno == EINVAL;
    if (fd || !any || !no_ipv6) return fd;
  } else if (errno == ENODEV) {
    return {};
  }
  at = {};
  at.v4.sin_family = AF_INET;
  at.v4.sin_port = htons(port);
  if (!any && ::inet_pton(AF_INET, address->c_str(), &at.v4.sin_addr) != 1) {
    errno = EINVAL;
    return {};
  }
  return bind_at(at, sizeof at.v4, form);
}

}  // namespace

unique_fd bind_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only) noexcept {
  return bind_to(address, port, {.ipv6_only = ipv6_only});
}

unique_fd bind_udp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                   bool reuse_address) noexcept {
  return bind_to(address, port, {.type = SOCK_DGRAM, .ipv6_only = ipv6_only, .reuse_address = reuse_address});
}

int listen(int socket, int backlog) noexcept { return fault_due() ? -1 : ::listen(socket, backlog); }

bool is_listening(int socket) noexcept {
  int yes = 0;
  socklen_t size = sizeof yes;
  return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 && yes != 0;
}

bool is_datagram(int socket) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

bool is_port(int socket) noexcept {
  any_address at{};
  socklen_t size = sizeof at;
  if (::getpeername(socket, &at.base, &size) == 0 || errno != ENOTCONN) return false;
  size = sizeof at;
  if (::getsockname(socket, &at.base, &size) == -1) return false;
  if (at.base.sa_family == AF_UNIX) return size > sizeof at.base.sa_family;  // it has a path
  return (at.base.sa_family == AF_INET && at.v4.sin_port != 0) ||
         (at.base.sa_family == AF_INET6 && at.v6.sin6_port != 0);
}

int let_share(int bound) noexcept {
  const int on = 1;
  return ::setsockopt(bound, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

unique_fd bind_beside(int bound) noexcept {
  any_address at{};
  socklen_t size = sizeof at;
  if (::getsockname(bound, &at.base, &size) == -1) return {};
  int only = 0;
  socklen_t only_size = sizeof only;
  if (at.base.sa_family == AF_INET6) ::getsockopt(bound, IPPROTO_IPV6, IPV6_V6ONLY, &only, &only_size);
  return bind_at(at, size, {.ipv6_only = only != 0, .share = true});
}

std::size_t waiting_to_be_accepted(int listener) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  // For a listening socket this field is the length of its accept queue.
  if (::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 1;
  return info.tcpi_unacked;
}

unique_fd listen_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                     int backlog) noexcept {
  unique_fd fd = bind_tcp(address, port, ipv6_only);
  if (fd && listen(fd.get(), backlog) == -1) fd.reset();
  return fd;
}

void refuse_connections(int listener) noexcept {
  // A classic filter sees a packet from its TCP header on; byte 13 has the flags.
  std::array<sock_filter, 4> program{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
                                      BPF_JUMP(BPF_JMP | BPF_JSET, TH_SYN, 0, 1), BPF_STMT(BPF_RET, 0),
                                      BPF_STMT(BPF_RET, UINT32_MAX)}};
  const sock_fprog filter{program.size(), program.data()};
  ::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

namespace {

/// The suffix of an address: "%eth0", or "%7" if the interface no longer exists; empty without a zone.
std::string zone_of(const sockaddr_in6& at) {
  if (at.sin6_scope_id == 0) return {};
  char name[IF_NAMESIZE] = {};
  if (::if_indextoname(at.sin6_scope_id, name) != nullptr) return std::string("%") + name;
  return '%' + std::to_string(at.sin6_scope_id);
}

std::optional<bound_name> to_name(const any_address& at) {
  char text[INET6_ADDRSTRLEN] = {};
  if (at.base.sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &at.v4.sin_addr, text, sizeof text);
    return bound_name{text, ntohs(at.v4.sin_port), false};
  }
  if (at.base.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &at.v6.sin6_addr, text, sizeof text);
    return bound_name{text + zone_of(at.v6), ntohs(at.v6.sin6_port), true};
  }
  return std::nullopt;
}

}  // namespace

std::optional<bound_name> name_of(int socket) noexcept {
  any_address at{};
  socklen_t size = sizeof at;
  if (::getsockname(socket, &at.base, &size) == -1) return std::nullopt;
  return to_name(at);
}

std::optional<bound_name> peer_of(int connection) noexcept {
  any_address at{};
  socklen_t size = sizeof at;
  if (::getpeername(connection, &at.base, &size) == -1) return std::nullopt;
  return to_name(at);
}

}  // namespace brood::detail::sys

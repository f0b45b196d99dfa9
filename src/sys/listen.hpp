#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

struct bound_name {
  std::string address;  ///< numeric; a link-local one with its zone: "fe80::1%eth0"
  std::uint16_t port = 0;
  bool ipv6 = false;
};

/// Returns a bound TCP socket that does not listen yet. Parameters and errors as for listen_tcp.
unique_fd bind_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only) noexcept;
int listen(int socket, int backlog) noexcept;
bool is_listening(int socket) noexcept;
bool is_datagram(int socket) noexcept;
/// Whether clients can reach the socket: stream or datagram, bound, and not connected.
bool is_port(int socket) noexcept;

/// Lets other sockets of this process share the port of this bound socket (SO_REUSEPORT). The option is set after
/// binding: set before, it would share a port that another program uses instead of reporting that it is in use.
int let_share(int bound) noexcept;
/// Returns another socket with the address of `bound`, which must allow sharing.
unique_fd bind_beside(int bound) noexcept;

/// The number of connections in the accept queue; 1 if it is unknown.
std::size_t waiting_to_be_accepted(int listener) noexcept;

/// Returns a non-blocking TCP socket that listens, with SO_REUSEADDR. `address` is numeric, and may have a zone, which
/// is the name or the number of an interface ("fe80::1%eth0"). Without an address it listens on all, with one socket
/// for IPv6 and IPv4 if the system has IPv6, as Node does. Returns an empty one with errno on failure: ENODEV for an
/// unknown zone.
unique_fd listen_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                     int backlog) noexcept;

/// Returns a non-blocking UDP socket, bound in the same way.
unique_fd bind_udp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                   bool reuse_address) noexcept;

/// From now on new connections to this listening TCP socket fail as if their packets were lost. Connections that are in
/// progress or in the queue can still be accepted.
void refuse_connections(int listener) noexcept;

/// The address that an IPv4 or IPv6 socket is bound to; empty for any other socket.
std::optional<bound_name> name_of(int socket) noexcept;
/// The address of its peer, in the same way.
std::optional<bound_name> peer_of(int connection) noexcept;

}  // namespace brood::detail::sys

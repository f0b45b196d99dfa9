#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

struct bound_name {
  std::string address;  ///< numeric; of a link-local one with its zone: "fe80::1%eth0"
  std::uint16_t port = 0;
  bool ipv6 = false;
};

/// A TCP socket that is bound, and does not listen yet: as listen_tcp.
unique_fd bind_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only) noexcept;
int listen(int socket, int backlog) noexcept;
bool is_listening(int socket) noexcept;
bool is_datagram(int socket) noexcept;
/// Whether it is a socket that clients can find: stream or datagram, bound, and not connected to anybody.
bool is_port(int socket) noexcept;

/// Lets further sockets of ours share the port of this one, which is bound (SO_REUSEPORT). Only now: one that is bound
/// with the option set would share the port of a stranger instead of saying that it is in use.
int let_share(int bound) noexcept;
/// One more socket with the address of `bound`, which lets others share it.
unique_fd bind_beside(int bound) noexcept;

/// How many connections wait to be accepted; 1 where that can not be told.
std::size_t waiting_to_be_accepted(int listener) noexcept;

/// A TCP socket that listens, non-blocking, with SO_REUSEADDR. `address` is numeric, and may have a zone, by the name
/// or the number of an interface ("fe80::1%eth0"); without one it is any address, IPv6 and IPv4 with one socket where
/// the system has IPv6, as Node does. Empty with errno where it fails: ENODEV for an unknown zone.
unique_fd listen_tcp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                     int backlog) noexcept;

/// A UDP socket, bound in the same way, non-blocking.
unique_fd bind_udp(const std::optional<std::string>& address, std::uint16_t port, bool ipv6_only,
                   bool reuse_address) noexcept;

/// From here on nobody can begin to connect to this listening TCP socket, as if the packets were lost. Those who have
/// begun, or have connected, can still be accepted.
void refuse_connections(int listener) noexcept;

/// What an internet socket is bound to; nothing for any other.
std::optional<bound_name> name_of(int socket) noexcept;
/// The same of who has connected.
std::optional<bound_name> peer_of(int connection) noexcept;

}  // namespace brood::detail::sys

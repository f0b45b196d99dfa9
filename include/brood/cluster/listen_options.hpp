#pragma once

#include <boost/json/value.hpp>

namespace brood::cluster {

/// The default length of the kernel's accept queue, as in Node.
inline constexpr int default_backlog = 511;

/// Options of a listening socket. The first worker that asks for an address decides for all workers.
struct listen_options {
  /// The maximum number of connections in the kernel's accept queue. 0: default_backlog.
  int backlog = 0;
  /// For an IPv6 address: accept no IPv4 clients.
  bool ipv6_only = false;
  /// The worker listens on a socket of its own, which the primary does not know and no other worker shares. An address
  /// that is in use, even by another worker, is address_in_use. The socket and its queue close with the worker.
  bool exclusive = false;
  /// For a path: every user may read, or write, the socket file. A client needs write permission to connect.
  bool readable_all = false;
  bool writable_all = false;
  /// Shared with all workers of this address. The first worker to give a value that is not null wins; every worker
  /// reads it from acceptor::shared_data(). Node shares the keys of its TLS tickets this way.
  boost::json::value shared_data{};
};

struct datagram_options {
  /// For an IPv6 address: accept no IPv4 peers.
  bool ipv6_only = false;
  /// SO_REUSEADDR: other sockets with this option may be bound to the same address, as for multicast.
  bool reuse_address = false;
  /// As in listen_options.
  bool exclusive = false;
};

}  // namespace brood::cluster

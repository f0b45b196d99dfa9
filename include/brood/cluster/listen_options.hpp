#pragma once

#include <boost/json/value.hpp>

namespace brood::cluster {

/// How many connections may wait in the kernel to be accepted, unless told otherwise. The same as in Node.
inline constexpr int default_backlog = 511;

/// How a worker wants to listen. The first worker that asks for an address decides for all of them.
struct listen_options {
  /// How many connections may wait in the kernel to be accepted. 0: default_backlog.
  int backlog = 0;
  /// For an IPv6 address: no IPv4 clients.
  bool ipv6_only = false;
  /// The worker listens by itself, on a socket of its own that no other worker shares and the primary knows nothing of:
  /// an address that is in use, be it by another worker, is address_in_use. Its queue ends with it.
  bool exclusive = false;
  /// For a path: everybody may read, or write, the socket's file. One needs to write it to connect.
  bool readable_all = false;
  bool writable_all = false;
  /// For the other workers: what the first one to listen at the address said that said anything is what each of them
  /// finds in acceptor::shared_data(). Node shares the keys of its TLS tickets in this way.
  boost::json::value shared_data{};
};

struct datagram_options {
  /// For an IPv6 address: no IPv4 peers.
  bool ipv6_only = false;
  /// SO_REUSEADDR: others that say the same may be bound to the address too, as for multicast.
  bool reuse_address = false;
  /// As in listen_options.
  bool exclusive = false;
};

}  // namespace brood::cluster

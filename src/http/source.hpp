#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "brood/cluster/listen_options.hpp"

namespace brood::http::detail {

class core;

/// Where to listen: at a path, at a descriptor, or else at the endpoint.
struct listen_address {
  boost::asio::ip::tcp::endpoint endpoint{};
  /// On all addresses, IPv6 and IPv4; only the endpoint's port is used.
  bool everywhere = false;
  std::filesystem::path path{};
  int descriptor = -1;
  cluster::listen_options with{};
};
std::string to_string(const listen_address& where);

/// A source of connections: passes them to core::take, and reports the result of listening to core::listens.
class connection_source {
 public:
  connection_source() = default;
  connection_source(const connection_source&) = delete;
  connection_source& operator=(const connection_source&) = delete;
  virtual ~connection_source() = default;

  /// Stops accepting. Connections in the accept queue are passed to the core before this returns. The core may be
  /// destroyed afterwards.
  virtual void close() = 0;

  /// The number of open connections of the server, from all sources.
  virtual void count([[maybe_unused]] std::size_t open) noexcept {}
  /// The server has received another request.
  virtual void asked() noexcept {}
};

/// Begins to listen, or throws.
using source_factory = std::function<std::shared_ptr<connection_source>(core&, const listen_address&)>;

}  // namespace brood::http::detail

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
  /// On every address of the machine, IPv6 and IPv4; only the endpoint's port counts.
  bool everywhere = false;
  std::filesystem::path path{};
  int descriptor = -1;
  cluster::listen_options with{};
};
std::string to_string(const listen_address& where);

/// Where connections come from: gives them to core::take, and tells core::listens how listening went.
class connection_source {
 public:
  connection_source() = default;
  connection_source(const connection_source&) = delete;
  connection_source& operator=(const connection_source&) = delete;
  virtual ~connection_source() = default;

  /// Accepts no more; connections that wait to be accepted are given to the core before it returns. The core may go
  /// away afterwards.
  virtual void close() = 0;

  /// How many connections the server has open now, from whatever source.
  virtual void count([[maybe_unused]] std::size_t open) noexcept {}
  /// The server has received one request more.
  virtual void asked() noexcept {}
};

/// Begins to listen, or throws.
using source_factory = std::function<std::shared_ptr<connection_source>(core&, const listen_address&)>;

}  // namespace brood::http::detail

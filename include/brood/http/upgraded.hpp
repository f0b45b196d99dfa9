#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::http {

/// A connection that no longer speaks HTTP, returned by response::upgrade().
struct upgraded {
  /// TCP_NODELAY is set. A connection from a Unix path has this type, too: it works as a stream, but has no endpoints.
  boost::asio::ip::tcp::socket socket;
  /// The data that was read: the head of the request, and everything after it. Beast's websocket::stream accepts an
  /// upgrade from it, up to 1,536 bytes; beyond that its error is buffer_overflow.
  std::string received;
  std::size_t head_size = 0;

  /// The data after the head.
  std::string_view rest() const noexcept { return std::string_view(received).substr(head_size); }
};

}  // namespace brood::http

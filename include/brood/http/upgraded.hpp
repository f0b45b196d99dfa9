#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::http {

/// A connection that speaks HTTP no more: what response::upgrade() hands over.
struct upgraded {
  /// With TCP_NODELAY set. Of a connection that came by a Unix path it is that, under the other's type: all it does for
  /// a stream it does, but it has no endpoints.
  boost::asio::ip::tcp::socket socket;
  /// What was read from it: the request's head as it came, and whatever followed. Beast's websocket::stream accepts
  /// from this as it is, up to 1,536 bytes; its error is buffer_overflow beyond.
  std::string received;
  std::size_t head_size = 0;

  /// What followed the head.
  std::string_view rest() const noexcept { return std::string_view(received).substr(head_size); }
};

}  // namespace brood::http

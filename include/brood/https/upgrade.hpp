#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "brood/http/response.hpp"

namespace brood::https {

/// An HTTPS connection that no longer speaks HTTP.
struct upgraded {
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream;  ///< after the handshake
  /// As http::upgraded::received: the head of the request and everything after it, decrypted.
  std::string received;
  std::size_t head_size = 0;

  /// The data after the head.
  std::string_view rest() const noexcept { return std::string_view(received).substr(head_size); }
};

/// http::response::upgrade() for a server with TLS, with the same effects and exceptions. Throws
/// asio::error::operation_not_supported without TLS.
upgraded upgrade(http::response& response);

}  // namespace brood::https

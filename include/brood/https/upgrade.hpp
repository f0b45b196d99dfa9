#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "brood/http/response.hpp"

namespace brood::https {

/// An HTTPS connection that speaks HTTP no more.
struct upgraded {
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream;  ///< the handshake is done
  /// As http::upgraded::received: the request's head as it came, and whatever followed, decrypted.
  std::string received;
  std::size_t head_size = 0;

  /// What followed the head.
  std::string_view rest() const noexcept { return std::string_view(received).substr(head_size); }
};

/// http::response::upgrade() for a server with TLS, with its effects and its exceptions;
/// asio::error::operation_not_supported where there is no TLS.
upgraded upgrade(http::response& response);

}  // namespace brood::https

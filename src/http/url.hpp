#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brood::http::detail {

/// The parts of "http://host:port/path?query", or of one with https, that a client needs.
struct url {
  bool secure = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string authority;  ///< what the Host field says
  std::string target;     ///< path and query, "/" at least
};

/// Throws std::invalid_argument, naming the text, for what is none: another scheme, a user's name and password, bytes
/// that would end the request line. A fragment is dropped, as it is for the client only.
url parse_url(std::string_view text);

}  // namespace brood::http::detail

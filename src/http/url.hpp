#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brood::http::detail {

/// The parts of an http or https URL that a client needs: "http://host:port/path?query".
struct url {
  bool secure = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string authority;  ///< the value of the Host field
  std::string target;     ///< path and query, at least "/"
};

/// Throws std::invalid_argument that contains the text, for an unsupported URL: another scheme, a user name or
/// password, bytes that would end the request line. A fragment is removed, because it is not sent.
url parse_url(std::string_view text);

}  // namespace brood::http::detail

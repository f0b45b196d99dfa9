#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

#include "brood/http/request.hpp"

namespace brood::http::detail {

/// The properties of a file that conditional requests use.
struct representation {
  std::string_view etag;  ///< strong, with its quotes
  std::time_t modified = 0;
  std::uint64_t size = 0;
};

/// The result of a GET or HEAD by RFC 9110, 13.2.2: 200, 206 (these bytes), 304, 412 or 416.
struct selection {
  int status = 200;
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};
/// `now` is the second of the response's Date.
selection select(const request& message, const representation& file, std::time_t now);

/// Parses an IMF-fixdate; empty for other formats, which are obsolete.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace brood::http::detail

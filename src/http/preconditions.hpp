#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

#include "brood/http/request.hpp"

namespace brood::http::detail {

/// A file as conditional requests see it.
struct representation {
  std::string_view etag;  ///< strong, with its quotes
  std::time_t modified = 0;
  std::uint64_t size = 0;
};

/// What a GET or HEAD of it comes to, by RFC 9110, 13.2.2: 200, 206 (of these bytes), 304, 412 or 416.
struct selection {
  int status = 200;
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};
/// `now` is the second of the answer's Date.
selection select(const request& message, const representation& file, std::time_t now);

/// The time of an IMF-fixdate; nothing for other forms, which nobody has sent for decades.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace brood::http::detail

#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace brood::http::detail {

/// Returns "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), independent of the locale.
std::array<char, 29> imf_fixdate(std::time_t) noexcept;

/// The current second of the kernel's coarse clock, which the Date field and the timestamps of files use, too.
std::time_t current_second() noexcept;

/// The Date field, formatted once a second.
class date_line {
 public:
  /// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n". Valid until the next call.
  std::string_view now() noexcept;

 private:
  void write(std::time_t) noexcept;

  std::time_t written_ = -1;
  std::array<char, 37> text_{};
};

}  // namespace brood::http::detail

#pragma once

#include <cstddef>
#include <string_view>

namespace brood {

/// One line of what a child writes, without the LF or CR LF that ends it. It converts to its text, so a listener may
/// take a `std::string_view` instead.
struct output_line {
  std::string_view text;
  /// False for a piece of a line that is longer than the limit. The next call brings the next piece of that line.
  bool complete = true;

  operator std::string_view() const noexcept { return text; }
};

/// How long a line may be, in bytes and without its end, to be delivered whole.
inline constexpr std::size_t default_line_limit = 64UL * 1024;

}  // namespace brood

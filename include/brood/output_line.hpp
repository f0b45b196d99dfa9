#pragma once

#include <cstddef>
#include <string_view>

namespace brood {

/// A line of a child's output, without its LF or CR LF. It converts to its text, so a listener may take a
/// `std::string_view` instead.
struct output_line {
  std::string_view text;
  /// False for a piece of a line that exceeds the limit. The next call delivers the next piece of that line.
  bool complete = true;

  operator std::string_view() const noexcept { return text; }
};

/// The maximum length of a line that is delivered whole, in bytes, without its end.
inline constexpr std::size_t default_line_limit = 64UL * 1024;

}  // namespace brood

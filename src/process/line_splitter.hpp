#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "brood/output_line.hpp"

namespace brood::detail::process {

/// Cuts bytes that come in any pieces into lines. No I/O.
///
/// LF ends a line, and a CR right before it belongs to the end. A line of up to `limit` bytes comes whole. A longer one
/// comes in pieces of `limit` bytes, and all but the last are marked as incomplete. The last line needs no end.
class line_splitter {
 public:
  /// Throws std::invalid_argument for a limit of 0.
  explicit line_splitter(std::size_t limit);

  void add(std::string_view data);
  /// No more bytes follow.
  void end() noexcept { ended_ = true; }

  /// The next line, if it is there. Its text is valid until the next add().
  std::optional<output_line> front() noexcept;
  /// Removes the line that front() has returned.
  void pop() noexcept { begin_ += std::exchange(taken_, 0); }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;    // of what was not removed yet
  std::size_t scanned_ = 0;  // no LF in [begin_, scanned_): each byte is looked at once
  std::size_t taken_ = 0;    // by the line at the front, its end included
  const std::size_t limit_;
  bool ended_ = false;
};

}  // namespace brood::detail::process

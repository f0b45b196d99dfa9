#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "brood/output_line.hpp"

namespace brood::detail::process {

/// Splits bytes that arrive in any pieces into lines. No I/O.
///
/// LF ends a line, and a CR directly before it belongs to the end. A line of up to `limit` bytes is returned whole. A
/// longer one is returned in pieces of `limit` bytes, and all but the last are marked as incomplete. The last line need
/// not end with LF.
class line_splitter {
 public:
  /// Throws std::invalid_argument for a limit of 0.
  explicit line_splitter(std::size_t limit);

  void add(std::string_view data);
  /// No more bytes follow.
  void end() noexcept { ended_ = true; }

  /// The next line, if there is one. Its text is valid until the next add().
  std::optional<output_line> front() noexcept;
  /// Removes the line that front() returned.
  void pop() noexcept { begin_ += std::exchange(taken_, 0); }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;    // of the remaining bytes
  std::size_t scanned_ = 0;  // no LF in [begin_, scanned_): each byte is inspected once
  std::size_t taken_ = 0;    // by the line at the front, including its end
  const std::size_t limit_;
  bool ended_ = false;
};

}  // namespace brood::detail::process

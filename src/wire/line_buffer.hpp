#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace brood::wire {

/// Bytes as they come from a channel, cut into lines: the framing of Node's json serialization. A line is valid until
/// the next call of any member.
class line_buffer {
 public:
  explicit line_buffer(std::size_t longest_line) : limit_(longest_line) {}

  /// Room for `size` bytes, to be filled by the caller and announced with commit().
  char* prepare(std::size_t size);
  void commit(std::size_t size) noexcept { end_ += size; }

  /// The next complete line, without its '\n'.
  std::optional<std::string_view> next();

  /// Whether the peer is in the middle of a line.
  bool empty() const noexcept { return begin_ == end_; }
  /// Whether the line under way is longer than any may be.
  bool too_long() const noexcept { return end_ - begin_ > limit_; }

 private:
  std::size_t limit_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0;    // first byte not given out
  std::size_t scanned_ = 0;  // no '\n' in [begin_, scanned_): each byte is looked at once, however long the line
  std::size_t end_ = 0;
};

}  // namespace brood::wire

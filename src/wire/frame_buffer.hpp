#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "brood/serialization.hpp"

namespace brood::detail::wire {

/// Splits the bytes of a channel into frames: lines in Node's json serialization; a length of four bytes and its
/// content in the advanced one. A frame is valid until the next call of any member.
class frame_buffer {
 public:
  frame_buffer(serialization form, std::size_t longest) : form_(form), limit_(longest) {}

  /// Returns room for `size` bytes. The caller fills it and calls commit().
  char* prepare(std::size_t size);
  void commit(std::size_t size) noexcept { end_ += size; }

  /// The next complete frame, without its '\n' or its length.
  std::optional<std::string_view> next();

  /// Whether the input ends between two frames.
  bool empty() const noexcept { return begin_ == end_; }
  /// Whether the current frame is longer, or announces to become longer, than the limit.
  bool too_long() const noexcept;

 private:
  std::optional<std::string_view> next_line();
  std::optional<std::string_view> next_block();
  std::size_t announced() const noexcept;

  void grow(std::size_t least);
  void let_go_of_room();

  struct freed {
    void operator()(char* bytes) const noexcept { std::free(bytes); }
  };

  serialization form_;
  std::size_t limit_;
  char* bytes() const noexcept { return memory_.get() + shift_; }

  // from malloc: realloc() can move pages, while a vector would copy and clear them
  std::unique_ptr<char, freed> memory_;
  std::size_t shift_ = 0;  // the offset of the data in it, for fast copies by the kernel
  std::size_t capacity_ = 0;
  unsigned small_frames_ = 0;  // consecutive ones, while there is room for large ones
  std::size_t begin_ = 0;      // the first byte that was not returned yet
  std::size_t scanned_ = 0;    // no '\n' in [begin_, scanned_): each byte is inspected once, however long the line is
  std::size_t end_ = 0;
};

}  // namespace brood::detail::wire

#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "brood/serialization.hpp"

namespace brood::detail::wire {

/// Bytes as they come from a channel, cut into frames: lines in Node's json serialization, a length of four bytes and
/// so much content in the advanced one. A frame is valid until the next call of any member.
class frame_buffer {
 public:
  frame_buffer(serialization form, std::size_t longest) : form_(form), limit_(longest) {}

  /// Room for `size` bytes, to be filled by the caller and announced with commit().
  char* prepare(std::size_t size);
  void commit(std::size_t size) noexcept { end_ += size; }

  /// The next complete frame, without its '\n' or its length.
  std::optional<std::string_view> next();

  /// Whether the peer is between two frames.
  bool empty() const noexcept { return begin_ == end_; }
  /// Whether the frame under way is longer, or says that it will be longer, than any may be.
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

  std::unique_ptr<char, freed> memory_;  // from malloc: the kernel moves pages where a vector would copy and clear them
  std::size_t shift_ = 0;                // where the bytes begin in it, for the kernel to copy to
  std::size_t capacity_ = 0;
  unsigned small_frames_ = 0;  // one after the other, while there is room for large ones
  std::size_t begin_ = 0;      // first byte not given out
  std::size_t scanned_ = 0;    // no '\n' in [begin_, scanned_): each byte is looked at once, however long the line
  std::size_t end_ = 0;
};

}  // namespace brood::detail::wire

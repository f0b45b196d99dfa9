#include "wire/frame_buffer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "values/copying.hpp"
#include "values/large_pages.hpp"
#include "wire/block_length.hpp"

namespace brood::detail::wire {
namespace {

constexpr std::size_t default_room = 1024 * 1024;       // never released
constexpr unsigned small_frames_before_shrinking = 64;  // the number after which no large frame is expected soon

}  // namespace

char* frame_buffer::prepare(std::size_t size) {
  if (begin_ == end_) {
    if (capacity_ > default_room) let_go_of_room();
    begin_ = scanned_ = end_ = 0;
  }
  if (capacity_ - end_ < size && begin_ != 0) {
    copy_much(bytes(), bytes() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ < size) grow(end_ + size);
  return bytes() + end_;
}

void frame_buffer::grow(std::size_t least) {
  constexpr std::size_t place = io_buffer::place;
  const std::size_t wanted = std::max(least, capacity_ * 2);
  auto* larger = static_cast<char*>(std::realloc(memory_.get(), wanted + place));
  if (larger == nullptr) throw std::bad_alloc();
  static_cast<void>(memory_.release());
  memory_.reset(larger);
  prefer_large_pages(larger, wanted + place);
  const std::size_t shift = place - reinterpret_cast<std::uintptr_t>(larger) % place;
  if (shift != shift_) std::memmove(larger + shift, larger + shift_, end_);
  shift_ = shift;
  capacity_ = wanted;
}

/// A large message is often followed by another, so its memory is released only after many small ones.
void frame_buffer::let_go_of_room() {
  small_frames_ = end_ > default_room ? 0 : small_frames_ + 1;
  if (small_frames_ < small_frames_before_shrinking) return;
  memory_.reset();
  capacity_ = 0;
  small_frames_ = 0;
}

std::optional<std::string_view> frame_buffer::next() {
  return form_ == serialization::json ? next_line() : next_block();
}

std::optional<std::string_view> frame_buffer::next_line() {
  if (end_ == scanned_) return std::nullopt;
  const auto* newline = static_cast<const char*>(std::memchr(bytes() + scanned_, '\n', end_ - scanned_));
  if (newline == nullptr) {
    scanned_ = end_;
    return std::nullopt;
  }
  const auto at = static_cast<std::size_t>(newline - bytes());
  std::string_view line(bytes() + begin_, at - begin_);
  begin_ = scanned_ = at + 1;
  return line;
}

/// The length that the current block announces; 0 if it is not known yet.
std::size_t frame_buffer::announced() const noexcept {
  return end_ - begin_ < length_size ? 0 : block_length(bytes() + begin_);
}

std::optional<std::string_view> frame_buffer::next_block() {
  const std::size_t length = announced();
  if (end_ - begin_ < length_size || length > limit_ || end_ - begin_ - length_size < length) return std::nullopt;
  std::string_view block(bytes() + begin_ + length_size, length);
  begin_ = scanned_ = begin_ + length_size + length;
  return block;
}

bool frame_buffer::too_long() const noexcept {
  return form_ == serialization::json ? end_ - begin_ > limit_ : announced() > limit_;
}

}  // namespace brood::detail::wire

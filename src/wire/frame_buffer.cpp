#include "wire/frame_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace brood::wire {
namespace {

constexpr std::size_t length_size = 4;

}  // namespace

char* frame_buffer::prepare(std::size_t size) {
  if (begin_ == end_) begin_ = scanned_ = end_ = 0;
  if (bytes_.size() - end_ < size && begin_ != 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() - end_ < size) bytes_.resize(std::max(end_ + size, bytes_.size() * 2));
  return bytes_.data() + end_;
}

std::optional<std::string_view> frame_buffer::next() {
  return form_ == serialization::json ? next_line() : next_block();
}

std::optional<std::string_view> frame_buffer::next_line() {
  const char* start = bytes_.data() + scanned_;
  const auto* newline =
      static_cast<const char*>(end_ == scanned_ ? nullptr : std::memchr(start, '\n', end_ - scanned_));
  if (newline == nullptr) {
    scanned_ = end_;
    return std::nullopt;
  }
  const auto at = static_cast<std::size_t>(newline - bytes_.data());
  std::string_view line(bytes_.data() + begin_, at - begin_);
  begin_ = scanned_ = at + 1;
  return line;
}

/// As announced by the block under way; 0 while that is not known.
std::size_t frame_buffer::block_length() const noexcept {
  if (end_ - begin_ < length_size) return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) length = length << 8 | static_cast<unsigned char>(bytes_[begin_ + i]);
  return length;
}

std::optional<std::string_view> frame_buffer::next_block() {
  const std::size_t length = block_length();
  if (end_ - begin_ < length_size || length > limit_ || end_ - begin_ - length_size < length) return std::nullopt;
  std::string_view block(bytes_.data() + begin_ + length_size, length);
  begin_ = scanned_ = begin_ + length_size + length;
  return block;
}

bool frame_buffer::too_long() const noexcept {
  return form_ == serialization::json ? end_ - begin_ > limit_ : block_length() > limit_;
}

}  // namespace brood::wire

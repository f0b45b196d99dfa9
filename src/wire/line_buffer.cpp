#include "wire/line_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace brood::wire {

char* line_buffer::prepare(std::size_t size) {
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

std::optional<std::string_view> line_buffer::next() {
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

}  // namespace brood::wire

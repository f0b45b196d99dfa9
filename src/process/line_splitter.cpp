#include "process/line_splitter.hpp"

#include <algorithm>
#include <stdexcept>

namespace brood::detail::process {

line_splitter::line_splitter(std::size_t limit) : limit_(limit) {
  if (limit == 0) throw std::invalid_argument("on_line: the line limit must be greater than 0");
}

void line_splitter::add(std::string_view data) {
  bytes_.erase(0, begin_);
  scanned_ -= std::min(scanned_, begin_);
  begin_ = 0;
  bytes_ += data;
}

std::optional<output_line> line_splitter::front() noexcept {
  const std::string_view rest = std::string_view(bytes_).substr(begin_);
  const std::size_t end = std::min(bytes_.find('\n', std::max(scanned_, begin_)), bytes_.size()) - begin_;
  scanned_ = begin_ + end;
  const bool has_end = end < rest.size();
  std::size_t size = end;
  // A CR at the end of the data may belong to the end of the line.
  if (size != 0 && rest[size - 1] == '\r' && (has_end || !ended_)) --size;
  if (size > limit_) {
    taken_ = limit_;
    return output_line{rest.substr(0, limit_), false};
  }
  if (!has_end && (!ended_ || size == 0)) return std::nullopt;
  taken_ = end + (has_end ? 1 : 0);
  return output_line{rest.substr(0, size)};
}

}  // namespace brood::detail::process

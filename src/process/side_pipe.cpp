#include "process/side_pipe.hpp"

#include <utility>

#include "sys/calls.hpp"

namespace brood::detail::process {

bool side_pipe::open(int source) noexcept {
  const int size = sys::pipe_size(source);
  int ends[2];
  if (size <= 0 || sys::pipe(ends) == -1) return false;
  unique_fd reader(ends[0]);
  unique_fd writer(ends[1]);
  if (sys::set_pipe_size(writer.get(), size) == -1) return false;
  reader_ = std::move(reader);
  writer_ = std::move(writer);
  size_ = static_cast<std::size_t>(size);
  return true;
}

void side_pipe::close() noexcept {
  reader_.reset();
  writer_.reset();
  held_ = 0;
}

ssize_t side_pipe::take_from(int source) noexcept {
  const ssize_t size = sys::splice(source, writer_.get(), size_);
  if (size > 0) held_ += static_cast<std::size_t>(size);
  return size;
}

ssize_t side_pipe::read(void* data, std::size_t size) noexcept {
  const ssize_t got = sys::read(reader_.get(), data, size);
  if (got > 0) held_ -= static_cast<std::size_t>(got);
  return got;
}

}  // namespace brood::detail::process

#include "ipc/large_in.hpp"

#include <algorithm>
#include <utility>

#include "values/copying.hpp"
#include "values/large_pages.hpp"
#include "wire/message_frame.hpp"

namespace brood::detail::ipc {
namespace {

constexpr std::size_t max_memory = 4UL * 1024 * 1024;
constexpr std::size_t piece = 16UL * 1024;  // stays in the processor's cache between being copied and being read

}  // namespace

bool large_in::open(int fd) {
  if (ring_) return false;
  ring_ = sys::shared_ring::of_writer(fd, max_memory);
  return static_cast<bool>(ring_);
}

/// Whether it follows directly what was read, and does not cross the end of the memory.
bool large_in::is_next(const wire::part& p) const noexcept {
  const std::size_t there = capacity();
  return frames_ == 0 && there != 0 && p.at == read_ % there && p.size <= there - p.at;
}

/// The writer is notified of the room before the data is parsed, because it may be waiting.
void large_in::read_piece(char* to, std::size_t size) noexcept {
  copy_much(to, ring_.bytes().data() + read_ % ring_.bytes().size(), size);
  read_ += size;
  ring_.set_read(read_);
}

error_code large_in::add(const wire::part& p) {
  if (!is_next(p)) return errc::protocol_error;
  if (!copy_) copy_ = std::make_unique_for_overwrite<char[]>(piece);
  for (std::size_t left = p.size; left != 0;) {
    const std::size_t size = std::min(left, piece);
    read_piece(copy_.get(), size);
    left -= size;
    if (error_code ec = add(std::string_view(copy_.get(), size), left == 0 ? p.more : 0)) return ec;
  }
  return {};
}

bool large_in::expect_frames(const wire::part& p) noexcept {
  if (size_ != 0 || !is_next(p)) return false;
  frames_ = p.size;
  return true;
}

bool large_in::read_frames(wire::frame_buffer& to) {
  const std::size_t size = std::min(frames_, piece);
  if (size == 0) return false;
  read_piece(to.prepare(size), size);
  to.commit(size);
  frames_ -= size;
  return true;
}

error_code large_in::add(std::string_view bytes, std::size_t more) {
  if (bytes.size() > longest_ - size_) return errc::message_too_large;
  size_ += bytes.size();
  if (form_ == serialization::advanced) {
    expect_clone(more);
    clone_ += bytes;
    return {};
  }
  if (!json_) json_.emplace();
  error_code ec;
  json_->add(bytes, std::min(more, longest_ - size_), ec);
  return ec ? make_error_code(errc::protocol_error) : ec;
}

/// Allocates the announced size in advance, to avoid repeated copies. The announcement may be wrong.
void large_in::expect_clone(std::size_t more) {
  const std::size_t wanted = clone_.size() + std::min(more, longest_ - size_);
  if (more == 0 || clone_.capacity() >= wanted) return;
  try {
    clone_.reserve(wanted);
  } catch (const std::bad_alloc&) {  // the announced data may never arrive
    return;
  }
  prefer_large_pages(clone_.data(), clone_.capacity());
}

message large_in::end(error_code& ec) {
  ec = errc::protocol_error;
  message content;
  if (form_ == serialization::advanced) {
    content = wire::read_frame(clone_, form_, ec);
  } else if (json_) {
    content.body = json_->end(ec);
    if (ec) ec = errc::protocol_error;
  }
  drop_message();
  return content;
}

void large_in::drop_message() noexcept {
  size_ = 0;
  copy_.reset();
  json_.reset();
  clone_ = {};
}

void large_in::close() noexcept {
  drop_message();
  frames_ = 0;
  ring_ = {};
}

}  // namespace brood::detail::ipc

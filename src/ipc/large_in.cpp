#include "ipc/large_in.hpp"

#include <algorithm>
#include <utility>

#include "values/copying.hpp"
#include "values/large_pages.hpp"

namespace brood::ipc {
namespace {

constexpr std::size_t most_memory = 16UL * 1024 * 1024;
constexpr std::size_t piece = 16UL * 1024;  // stays in the processor's cache between being copied and being read

}  // namespace

bool large_in::open(int fd) {
  if (ring_) return false;
  ring_ = sys::shared_ring::of_writer(fd, most_memory);
  return static_cast<bool>(ring_);
}

error_code large_in::add(const wire::part& p) {
  const std::size_t there = ring_ ? ring_.bytes().size() : 0;
  if (there == 0 || p.at != read_ % there || p.size > there - p.at) return errc::garbled_message;
  if (!copy_) copy_ = std::make_unique_for_overwrite<char[]>(piece);
  for (std::string_view left(ring_.bytes().data() + p.at, p.size); !left.empty();) {
    const std::size_t size = std::min(left.size(), piece);
    copy_much(copy_.get(), left.data(), size);
    left.remove_prefix(size);
    read_ += size;
    ring_.set_read(read_);  // before we look at it: the writer may be waiting for room
    if (error_code ec = add(std::string_view(copy_.get(), size), left.empty() ? p.more : 0)) return ec;
  }
  return {};
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
  return ec ? make_error_code(errc::garbled_message) : ec;
}

/// Memory for what the sender says will follow, so as not to copy again and again; it may be wrong.
void large_in::expect_clone(std::size_t more) {
  const std::size_t wanted = clone_.size() + std::min(more, longest_ - size_);
  if (more == 0 || clone_.capacity() >= wanted) return;
  try {
    clone_.reserve(wanted);
  } catch (const std::bad_alloc&) {  // not for what may never come
    return;
  }
  prefer_large_pages(clone_.data(), clone_.capacity());
}

std::optional<wire::frame_content> large_in::end() {
  std::optional<wire::frame_content> content;
  if (form_ == serialization::advanced) {
    content = wire::read_frame(clone_, form_);
  } else if (json_) {
    error_code ec;
    content = wire::frame_content{.body = json_->end(ec), .rich = std::nullopt};
    if (ec) content.reset();
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
  ring_ = {};
}

}  // namespace brood::ipc

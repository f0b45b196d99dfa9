#include "sys/shared_ring.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

#include "sys/calls.hpp"

namespace brood::detail::sys {
namespace {

/// The two sides write to different pages, however large pages are.
constexpr std::size_t head = 64UL * 1024;

}  // namespace

shared_ring::shared_ring(std::size_t size, unique_fd& fd) noexcept : size_(size) {
  unique_fd made(sealed_memory_file(head + size));
  if (!made) return;
  mapped_ = mapped(made.get(), head + size);
  if (mapped_) fd = std::move(made);
}

shared_ring shared_ring::of_writer(int fd, std::size_t most) noexcept {
  shared_ring result;
  const std::int64_t size = size_of(fd);
  if (!keeps_its_size(fd) || size <= static_cast<std::int64_t>(head) || static_cast<std::size_t>(size) > head + most) {
    errno = EINVAL;
    return result;
  }
  result.size_ = static_cast<std::size_t>(size) - head;
  result.mapped_ = mapped(fd, static_cast<std::size_t>(size));
  return result;
}

std::span<char> shared_ring::bytes() const noexcept { return {&mapped_.as<char>() + head, size_}; }

void shared_ring::set_read(std::uint64_t total) noexcept {
  std::atomic_ref(mapped_.as<std::uint64_t>()).store(total, std::memory_order_release);
}

std::uint64_t shared_ring::read() const noexcept {
  return std::atomic_ref(mapped_.as<std::uint64_t>()).load(std::memory_order_acquire);
}

void shared_ring::drop_content() noexcept { ::madvise(bytes().data(), size_, MADV_REMOVE); }

}  // namespace brood::detail::sys

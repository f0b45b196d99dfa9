#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace brood::http::detail {

/// A queue of bytes: consumed at the front, extended at the back. Never zeroes memory, and keeps it when empty.
class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept
      : storage_(std::move(other.storage_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    storage_ = std::move(other.storage_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }

  char* data() noexcept { return storage_.get() + begin_; }
  const char* data() const noexcept { return storage_.get() + begin_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {data(), size()}; }

  /// Returns room for at least `least` bytes after the last one. This may move the bytes but changes nothing else.
  std::span<char> prepare(std::size_t least) {
    if (capacity_ - end_ < least) make_room(least);
    return {storage_.get() + end_, capacity_ - end_};
  }
  /// `size` bytes of the room are now part of the buffer.
  void commit(std::size_t size) noexcept { end_ += size; }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(prepare(text.size()).data(), text.data(), text.size());
    commit(text.size());
  }

  void consume(std::size_t size) noexcept {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Removes all but the first `size` bytes.
  void truncate(std::size_t size) noexcept { end_ = begin_ + size; }
  void clear() noexcept { begin_ = end_ = 0; }
  void release() noexcept { *this = byte_buffer{}; }

 private:
  void make_room(std::size_t least) {
    const auto used = size();
    // At least doubles, so that bytes that arrive one by one are moved a bounded number of times.
    const auto wanted = used + least <= capacity_ ? capacity_ : std::max(used + least, 2 * capacity_);
    if (wanted == capacity_) {
      std::memmove(storage_.get(), data(), used);
    } else {
      auto larger = std::make_unique_for_overwrite<char[]>(wanted);
      if (used > 0) std::memcpy(larger.get(), data(), used);
      storage_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace brood::http::detail

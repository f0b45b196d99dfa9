#pragma once

#include <cstddef>
#include <utility>

namespace brood::detail::sys {

/// Owns a shared mapping of a descriptor, readable and writable. Empty with errno if it could not be mapped.
class mapped {
 public:
  mapped() = default;
  mapped(int fd, std::size_t size) noexcept;
  mapped(mapped&& other) noexcept : at_(std::exchange(other.at_, nullptr)), size_(other.size_) {}
  mapped& operator=(mapped&& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~mapped();

  explicit operator bool() const noexcept { return at_ != nullptr; }
  template <class T>
  T& as() const noexcept {
    return *static_cast<T*>(at_);
  }

 private:
  void* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace brood::detail::sys

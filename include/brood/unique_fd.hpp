#pragma once

#include <utility>

namespace brood {

/// Owns one file descriptor and closes it. An empty one holds -1.
class unique_fd {
 public:
  unique_fd() = default;
  /// Takes ownership of `fd`.
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~unique_fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes the current descriptor, then takes ownership of `fd`. errno is preserved.
  void reset(int fd = -1) noexcept {
    if (const int old = std::exchange(fd_, fd); old >= 0) close(old);
  }

 private:
  static void close(int fd) noexcept;

  int fd_ = -1;
};

}  // namespace brood

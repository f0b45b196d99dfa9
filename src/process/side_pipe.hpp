#pragma once

#include <sys/types.h>

#include <cstddef>

#include "brood/unique_fd.hpp"

namespace brood::detail::process {

/// A pipe of our own to empty a child's into. What changes hands is pages, not bytes (splice(2)).
///
/// A pipe has one lock, and whoever copies into it or out of it holds that lock meanwhile: on two cores, a child that
/// writes and a parent that reads still take turns. To move the pages takes the lock for a moment only:
///
///     child     | copies into its pipe | copies into its pipe | ...
///     parent    moves                  moves                  moves
///                 | copies from the side pipe | copies from the side pipe | ...
class side_pipe {
 public:
  /// As large as `source`; false where that may not be, for want of descriptors or because of a user's limit
  /// (pipe(7), pipe-user-pages-soft).
  bool open(int source) noexcept;
  bool is_open() const noexcept { return static_cast<bool>(reader_); }
  void close() noexcept;

  /// Takes over what `source`, a pipe, holds. As splice(2), without waiting: 0 is its end.
  ssize_t take_from(int source) noexcept;
  /// As read(2). Not to be called where nothing is held.
  ssize_t read(void* data, std::size_t size) noexcept;
  std::size_t held() const noexcept { return held_; }

 private:
  unique_fd reader_;
  unique_fd writer_;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
};

}  // namespace brood::detail::process

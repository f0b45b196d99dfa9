#pragma once

#include <sys/types.h>

#include <cstddef>

#include "brood/unique_fd.hpp"

namespace brood::detail::process {

/// A second pipe, into which the child's pipe is emptied by moving pages (splice(2)).
///
/// A pipe has one lock, which is held while data is copied in or out. So even on two cores a child that writes and a
/// parent that reads take turns. Moving pages holds the lock only briefly:
///
///     child     | copies into its pipe | copies into its pipe | ...
///     parent    moves                  moves                  moves
///                 | copies from the side pipe | copies from the side pipe | ...
class side_pipe {
 public:
  /// Opens a pipe as large as `source`. Returns false if there are no descriptors left or a limit of the user forbids
  /// it (pipe(7), pipe-user-pages-soft).
  bool open(int source) noexcept;
  bool is_open() const noexcept { return static_cast<bool>(reader_); }
  void close() noexcept;

  /// Moves the content of `source`, a pipe, into this one. As splice(2) without blocking: 0 is the end.
  ssize_t take_from(int source) noexcept;
  /// As read(2). Must not be called while the pipe is empty.
  ssize_t read(void* data, std::size_t size) noexcept;
  std::size_t held() const noexcept { return held_; }

 private:
  unique_fd reader_;
  unique_fd writer_;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
};

}  // namespace brood::detail::process

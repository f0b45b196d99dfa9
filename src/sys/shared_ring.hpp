#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "brood/unique_fd.hpp"
#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// A ring of bytes in memory that two processes share, in a file without a name (memfd_create(2)): one writes, the
/// other, which was given the descriptor, reads.
///
///     0                     64 KiB                                                        the end
///     | how much was read   |  room  |####### written, not read #######|       room       |
///
/// Where the bytes are, the two tell each other elsewhere; what is read is told here, so that the writer knows at once.
/// Nobody can make the file shorter, so that to look at it is safe whatever the other side does: what is beyond the
/// end would be a SIGBUS.
class shared_ring {
 public:
  shared_ring() = default;
  /// Makes one of that many bytes; `fd` is what the reader is to be given. Empty, and errno, where that fails.
  shared_ring(std::size_t size, unique_fd& fd) noexcept;
  /// What a writer has made. Empty, and errno, where it is no such memory or larger than `most`.
  static shared_ring of_writer(int fd, std::size_t most) noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(mapped_); }
  std::span<char> bytes() const noexcept;

  /// For the reader: how many bytes it has read in all.
  void set_read(std::uint64_t total) noexcept;
  /// For the writer. May be anything at all.
  std::uint64_t read() const noexcept;

  /// For the writer: the pages of the bytes go back to the kernel; what is read there afterwards is 0.
  void drop_content() noexcept;

 private:
  mapped mapped_;
  std::size_t size_ = 0;  // of the bytes
};

}  // namespace brood::detail::sys

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "brood/unique_fd.hpp"
#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// A ring buffer in memory that two processes share, in an unnamed file (memfd_create(2)). One process writes; the
/// other one, which was given the descriptor, reads.
///
///     0                     64 KiB                                                        the end
///     | how much was read   |  room  |####### written, not read #######|       room       |
///
/// The processes announce the positions of data elsewhere. The number of bytes read is stored here, so that the writer
/// sees it at once. No process can shorten the file, so reading it is safe whatever the other side does: access beyond
/// the end would raise SIGBUS.
class shared_ring {
 public:
  shared_ring() = default;
  /// Creates a ring of `size` bytes. `fd` is set to the descriptor for the reader. Empty with errno on failure.
  shared_ring(std::size_t size, unique_fd& fd) noexcept;
  /// Maps a ring that a writer has created. Empty with errno if it is not such memory, or larger than `most`.
  static shared_ring of_writer(int fd, std::size_t most) noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(mapped_); }
  std::span<char> bytes() const noexcept;

  /// For the reader: sets the total number of bytes that it has read.
  void set_read(std::uint64_t total) noexcept;
  /// For the writer. The reader can write any value here, so it must be validated.
  std::uint64_t read() const noexcept;

  /// For the writer: returns the pages of the data to the kernel. Their content is 0 afterwards.
  void drop_content() noexcept;

 private:
  mapped mapped_;
  std::size_t size_ = 0;  // without the head
};

}  // namespace brood::detail::sys

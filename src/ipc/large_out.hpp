#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brood/unique_fd.hpp"
#include "sys/shared_ring.hpp"
#include "wire/parts.hpp"

namespace brood::detail::ipc {

/// The shared memory for large messages to a brood peer (wire/parts.hpp). Through a socket, the kernel would copy each
/// byte twice and allocate pages for it each time. Here the peer reads the beginning while the rest is being written,
/// and the same pages are reused. No I/O except the memory itself.
class large_out {
 public:
  /// Large enough for the data that accumulates while the peer wakes up, and small enough for the processors' cache.
  static constexpr std::size_t size = 4UL * 1024 * 1024;

  /// Creates the memory, once, and returns the descriptor for the peer. Empty if it cannot be created.
  unique_fd share();
  /// Whether the peer has been sent the memory and has not replied.
  bool awaited() const noexcept { return ring_ && !usable_; }
  void mapped() noexcept { usable_ = true; }
  bool usable() const noexcept { return usable_; }

  /// The number of bytes that fit now.
  std::size_t room() noexcept { return usable_ ? size - unread() : 0; }
  /// Copies as many bytes as fit, but no more than a part. Returns the number.
  std::size_t put(std::string_view bytes) noexcept;
  /// Returns the data that was written but not announced; a part never crosses the end of the memory. Empty if there is
  /// none or, unless `all` is set, too little.
  std::optional<wire::part> take_part(bool all) noexcept;
  std::size_t untold() const noexcept { return static_cast<std::size_t>(written_ - told_); }

  /// The peer was asked to reply when it has read everything announced so far.
  void ask() noexcept { ++unanswered_; }
  bool asked() const noexcept { return unanswered_ != 0; }
  /// It has replied. Returns false if it was not asked.
  bool answered() noexcept { return unanswered_ != 0 && unanswered_-- != 0; }

  /// No large message is expected soon: the kernel gets the pages back after everything was read.
  void give_back() noexcept;
  void close() noexcept;

 private:
  std::size_t unread() noexcept;

  sys::shared_ring ring_;
  std::uint64_t written_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t read_ = 0;
  std::size_t unanswered_ = 0;  // questions to the peer
  bool shared_ = false;
  bool usable_ = false;
  bool touched_ = false;
};

}  // namespace brood::detail::ipc

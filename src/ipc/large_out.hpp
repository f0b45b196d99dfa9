#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brood/unique_fd.hpp"
#include "sys/shared_ring.hpp"
#include "wire/parts.hpp"

namespace brood::detail::ipc {

/// The memory that large messages to a brood peer are written to (wire/parts.hpp). The kernel would copy each byte
/// twice and find a page for it each time; here the peer reads the beginning while the rest is written, and the same
/// pages are used again and again. Does no I/O but for the memory itself.
class large_out {
 public:
  /// Room enough for what a peer leaves behind while it wakes up, and little enough to stay in the processors' cache.
  static constexpr std::size_t size = 4UL * 1024 * 1024;

  /// Makes the memory, once: what the peer is to be given. Empty where there is none to be had, now or any more.
  unique_fd share();
  /// Whether the peer has been given it, and has not answered.
  bool awaited() const noexcept { return ring_ && !usable_; }
  void mapped() noexcept { usable_ = true; }
  bool usable() const noexcept { return usable_; }

  /// How many bytes find room now.
  std::size_t room() noexcept { return usable_ ? size - unread() : 0; }
  /// Writes as many of the bytes as there is room for, no more than are worth a part; says how many.
  std::size_t put(std::string_view bytes) noexcept;
  /// What has been written and not been told the peer; a part never goes around the end. None where there is none or,
  /// unless `all` is asked for, too little to be worth it.
  std::optional<wire::part> take_part(bool all) noexcept;
  std::size_t untold() const noexcept { return static_cast<std::size_t>(written_ - told_); }

  /// The peer is asked to say when it has read what it has been told.
  void ask() noexcept { ++unanswered_; }
  bool asked() const noexcept { return unanswered_ != 0; }
  /// It has said so. False where nobody asked.
  bool answered() noexcept { return unanswered_ != 0 && unanswered_-- != 0; }

  /// No large message is to be expected soon: the kernel can have the pages, once all is read.
  void give_back() noexcept;
  void close() noexcept;

 private:
  std::size_t unread() noexcept;

  sys::shared_ring ring_;
  std::uint64_t written_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t read_ = 0;
  std::size_t unanswered_ = 0;  // questions
  bool shared_ = false;
  bool usable_ = false;
  bool touched_ = false;
};

}  // namespace brood::detail::ipc

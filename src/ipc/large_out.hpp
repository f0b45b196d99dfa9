#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brood/unique_fd.hpp"
#include "sys/shared_ring.hpp"
#include "wire/parts.hpp"

namespace brood::ipc {

/// The memory that large messages to a brood peer are written to (wire/parts.hpp). The kernel would copy each byte
/// twice and find a page for it each time; here the peer reads the beginning while the rest is written, and the same
/// pages are used again and again. Does no I/O but for the memory itself.
class large_out {
 public:
  /// Room enough for what a peer leaves behind while it wakes up, and little enough to stay in the processors' cache.
  static constexpr std::size_t size = 4UL * 1024 * 1024;

  /// Makes the memory, once: what the peer is to be given. Empty where there is none to be had, now or any more.
  unique_fd share();
  /// The peer has it. False where it cannot have.
  bool mapped() noexcept { return usable_ = static_cast<bool>(ring_); }
  bool usable() const noexcept { return usable_; }

  /// How many bytes find room now.
  std::size_t room() noexcept { return usable_ ? size - unread() : 0; }
  /// Writes as many of the bytes as there is room for; says how many.
  std::size_t put(std::string_view bytes) noexcept;
  /// What has been written and not been told the peer; a part never goes around the end. None where there is none or,
  /// unless `all` is asked for, too little to be worth it.
  std::optional<wire::part> take_part(bool all) noexcept;
  bool has_part() const noexcept { return told_ != written_; }

  /// No large message is to be expected soon: the kernel can have the pages, once all is read.
  void give_back() noexcept;
  void close() noexcept;

 private:
  std::size_t unread() noexcept;

  sys::shared_ring ring_;
  std::uint64_t written_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t read_ = 0;
  bool shared_ = false;
  bool usable_ = false;
  bool touched_ = false;
};

}  // namespace brood::ipc

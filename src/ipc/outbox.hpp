#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "brood/serialization.hpp"
#include "brood/unique_fd.hpp"
#include "wire/parts.hpp"

namespace brood::detail::ipc {

/// Told once what became of a frame with a descriptor: the peer took it, or did not (refused, or the channel closed).
using handle_outcome = std::function<void(bool taken)>;

/// A descriptor on its way, and what its owner wants to know of it.
struct outgoing_handle {
  /// Shared, so that the owner may keep it for another peer should this one not take it.
  std::shared_ptr<const unique_fd> fd{};
  handle_outcome outcome{};
  /// What happens when a peer of our own kind refuses it for lack of room: it is sent again until it is taken, or only
  /// as often as Node would, so that another peer can have it soon.
  bool insist = true;
  /// Whether the channel stays open until the peer has it.
  bool awaited = true;
};

/// What waits to leave a channel, and in which order it may. Does no I/O: the channel asks for the next bytes and says
/// how many left.
///
/// Node's rule for descriptors: after a frame with one, nothing else leaves until the peer has acknowledged it; only
/// acknowledgements pass, or two peers that send at once would wait for each other for ever. A refused frame is sent
/// again, three times at the most. Node needs this rule, since its reader has room for one descriptor. Two brood peers
/// keep the order of all they send, have a window of descriptors under way, and wait with a refused one until retry().
class outbox {
 public:
  struct piece {
    std::string_view bytes;
    int fd = -1;           ///< travels with the first of the bytes
    bool whole = false;    ///< the bytes are whole frames, which may go to the memory that the peer reads
    bool part = false;     ///< the bytes are for that memory: what the peer is told of them is urgent
    bool last = false;     ///< of the message's parts
    std::size_t more = 0;  ///< so much of a string that it ends in is in the next ones
  };

  explicit outbox(serialization form) : form_(form) {}

  /// The peer is known to be brood: so many descriptors may be under way.
  void widen(std::size_t window) noexcept { window_ = window; }
  bool is_wide() const noexcept { return !strict(); }

  /// Whole frames, with the newline or the length they have on the channel.
  void add(std::string_view frame);
  /// The same without a copy.
  void add_large(std::string frame);
  /// A frame whose content is to leave in parts, from `begin` on, which is not its end: what is before has left.
  void add_parts(std::string frame, std::size_t begin, wire::string_range longest);
  bool has_parts() const noexcept { return with_parts_ != 0; }
  /// No part of any has gone to the memory yet: they leave as any other frame.
  void do_without_parts();
  /// The memory of the last large frame that has left, for the next one.
  bool has_spare() const noexcept { return spare_.capacity() > std::string().capacity(); }
  std::string take_spare() noexcept { return std::exchange(spare_, {}); }
  void add_with_handle(std::string frame, outgoing_handle handle);
  /// An acknowledgement, or what is said of parts: overtakes all that is held back.
  void add_urgent(std::string_view frame);

  /// What leaves next; no bytes when nothing may leave now. Valid until the next call of another member.
  piece next() const;
  void sent(std::size_t size);

  /// The peer's answer to the oldest descriptor under way. False when none is: the peer is broken.
  bool acknowledged();
  bool refused();
  /// Whether frames wait for retry(), which lets them leave once more.
  bool postponed() const noexcept { return !postponed_.empty(); }
  void retry();

  /// Bytes that wait, for back-pressure.
  std::size_t size() const noexcept { return size_; }
  /// Bytes of frames ever added, and of those that left, each counted once and urgent ones not at all: what was
  /// added when queued() was n has left when left() is n.
  std::uint64_t queued() const noexcept { return queued_; }
  std::uint64_t left() const noexcept { return left_; }
  /// How many bytes are urgent.
  std::size_t urgent() const noexcept { return urgent_.size() - urgent_sent_; }
  bool empty() const noexcept;
  /// Drops everything and tells the owners of descriptors.
  void clear();

 private:
  /// Either one frame with a descriptor, or plain frames that leave one after the other.
  struct entry {
    std::string bytes{};
    outgoing_handle handle{};
    int attempts = 0;
    bool one_frame = false;  // known to be, without a look at all of it
    bool parts = false;      // what leaves is its content, and to the memory
    std::size_t begin = 0;   // of what is left of that
    wire::string_range longest{};

    bool plain() const noexcept { return handle.fd == nullptr; }
  };

  enum class source { none, urgent, queue };
  source leaving() const noexcept;
  std::string_view to_leave(const entry& one) const noexcept;
  bool inside_a_frame() const noexcept;
  bool front_may_leave() const noexcept;
  bool strict() const noexcept { return window_ == 1; }
  void plain_sent(entry& front);
  void drop_empty_front();

  const serialization form_;
  std::size_t window_ = 1;
  std::deque<entry> queue_;
  std::size_t sent_ = 0;          // of the first entry
  std::size_t boundary_ = 0;      // in a plain one: where the frame ends that the last byte that left belongs to
  std::deque<entry> unanswered_;  // have left; the peer's answers come in this order
  std::deque<entry> postponed_;
  std::string spare_;
  std::string urgent_;  // leaves between frames, never inside one
  std::size_t urgent_sent_ = 0;
  std::size_t with_parts_ = 0;  // how many entries
  std::size_t size_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace brood::detail::ipc

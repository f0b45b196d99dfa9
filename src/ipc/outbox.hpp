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

/// Called once with the result of a frame with a handle: whether the peer accepted it. False if it refused, or if the
/// channel was closed.
using handle_outcome = std::function<void(bool taken)>;

/// A handle to send, and what its owner wants to know.
struct outgoing_handle {
  /// Shared, so that the owner can keep it for another peer if this one does not accept it.
  std::shared_ptr<const unique_fd> fd{};
  handle_outcome outcome{};
  /// What happens if a brood peer refuses it for lack of room. True: it is sent until it is accepted. False: only as
  /// often as Node would, so that another peer can get it soon.
  bool insist = true;
  /// Whether the channel stays open until the peer has it.
  bool awaited = true;
};

/// The queue of outgoing data of a channel, and the order in which it may be sent. No I/O: the channel asks for the
/// next bytes and reports how many were written.
///
/// Node's rule for descriptors: after a frame with one, nothing else is sent until the peer has acknowledged it. Only
/// acknowledgements may pass, because otherwise two peers that send at once would wait for each other for ever. A
/// refused frame is sent again, at most three times. Node needs this rule, because its reader has room for one
/// descriptor. Two brood peers keep all messages in order, may have several descriptors in transit, and hold a refused
/// one until retry().
class outbox {
 public:
  struct piece {
    std::string_view bytes;
    int fd = -1;           ///< sent with the first byte
    bool whole = false;    ///< the bytes are whole frames, which may go to shared memory
    bool part = false;     ///< the bytes go to shared memory, and their notice is urgent
    bool last = false;     ///< of the message's parts
    std::size_t more = 0;  ///< the size of the rest of the string at the end
  };

  explicit outbox(serialization form) : form_(form) {}

  /// The peer is a brood program: this many descriptors may be in transit.
  void widen(std::size_t window) noexcept { window_ = window; }
  bool is_wide() const noexcept { return !strict(); }

  /// Adds whole frames, with their newline or length.
  void add(std::string_view frame);
  /// The same without a copy.
  void add_large(std::string frame);
  /// Adds the rest of a frame, from `begin` (< size) on, which is sent in parts; the earlier bytes were sent already.
  void add_parts(std::string frame, std::size_t begin, wire::string_range longest);
  bool has_parts() const noexcept { return with_parts_ != 0; }
  /// No part of any message was written to the memory yet: sends them as ordinary frames.
  void do_without_parts();
  /// The memory of the last large frame that was sent, for the next one.
  bool has_spare() const noexcept { return spare_.capacity() > std::string().capacity(); }
  std::string take_spare() noexcept { return std::exchange(spare_, {}); }
  void add_with_handle(std::string frame, outgoing_handle handle);
  /// Adds an acknowledgement, or a notice about parts: it overtakes everything that is held back.
  void add_urgent(std::string_view frame);

  /// The next bytes to send; none if nothing may be sent now. Valid until the next call of another member.
  piece next() const;
  void sent(std::size_t size);

  /// The peer has acknowledged the oldest descriptor in transit. Returns false if there is none: the peer is broken.
  bool acknowledged();
  bool refused();
  /// Whether frames wait for retry(), which sends them again.
  bool postponed() const noexcept { return !postponed_.empty(); }
  void retry();

  /// The number of queued bytes, for back-pressure.
  std::size_t size() const noexcept { return size_; }
  /// The number of bytes ever added, and of those sent. Each byte is counted once, and urgent ones are not counted.
  /// Data that was added when queued() was n has been sent when left() is n.
  std::uint64_t queued() const noexcept { return queued_; }
  std::uint64_t left() const noexcept { return left_; }
  /// The number of urgent bytes.
  std::size_t urgent() const noexcept { return urgent_.size() - urgent_sent_; }
  bool empty() const noexcept;
  /// Drops everything and notifies the owners of handles.
  void clear();

 private:
  /// Either one frame with a descriptor, or plain frames that are sent one after the other.
  struct entry {
    std::string bytes{};
    outgoing_handle handle{};
    int attempts = 0;
    bool one_frame = false;  // known without searching for its end
    bool parts = false;      // its content is sent in parts, to shared memory
    std::size_t begin = 0;   // of the rest of it
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
  std::size_t sent_ = 0;      // of the first entry
  std::size_t boundary_ = 0;  // in an entry of plain frames: the end of the frame that the last sent byte belongs to
  std::deque<entry> unanswered_;  // sent; the peer's replies arrive in this order
  std::deque<entry> postponed_;
  std::string spare_;
  std::string urgent_;  // sent between frames, never inside one
  std::size_t urgent_sent_ = 0;
  std::size_t with_parts_ = 0;  // the number of entries
  std::size_t size_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace brood::detail::ipc

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brood/serialization.hpp"
#include "brood/unique_fd.hpp"

namespace brood::ipc {

/// Told once what became of a frame with a descriptor: the peer took it, or did not (refused, or the channel closed).
using handle_outcome = std::function<void(bool taken)>;

/// What waits to leave a channel, and in which order it may. Does no I/O: the channel asks for the next bytes and says
/// how many left.
///
/// Node's rule for descriptors: after a frame with one, nothing else leaves until the peer has acknowledged it; only
/// acknowledgements pass, or two peers that send at once would wait for each other for ever. A refused frame is sent
/// again, three times at the most.
class outbox {
 public:
  struct piece {
    std::string_view bytes;
    int fd = -1;  ///< travels with the first of the bytes
  };

  explicit outbox(serialization form) : form_(form) {}

  /// Whole frames, with the newline or the length they have on the channel.
  void add(std::string_view frame);
  void add_with_handle(std::string frame, std::shared_ptr<const unique_fd> fd, handle_outcome outcome);
  /// An acknowledgement: overtakes all that is held back.
  void add_acknowledgement(std::string_view frame);

  /// What leaves next; no bytes when nothing may leave now. Valid until the next call of another member.
  piece next() const;
  void sent(std::size_t size);

  /// The peer's answer to the descriptor under way. False when none is: the peer is broken.
  bool acknowledged();
  bool refused();

  /// Bytes that wait, for back-pressure.
  std::size_t size() const noexcept { return size_; }
  /// How many of them are acknowledgements.
  std::size_t acknowledgements() const noexcept { return acknowledgements_.size() - acknowledgements_sent_; }
  bool empty() const noexcept { return size_ == 0 && !awaiting_; }
  /// Drops everything and tells the owners of descriptors.
  void clear();

 private:
  struct frame {
    std::string bytes;
    std::shared_ptr<const unique_fd> fd;  // none: a plain frame
    handle_outcome outcome;
    int attempts = 0;
  };

  enum class source { none, acknowledgements, plain, handle };
  source leaving() const noexcept;
  void note_boundary() noexcept;
  void release_held();
  bool blocked() const noexcept { return awaiting_ != nullptr; }

  const serialization form_;
  std::string plain_;  // frames without descriptors that may leave; [plain_sent_, end)
  std::size_t plain_sent_ = 0;
  std::size_t plain_boundary_ = 0;   // where the frame ends that the last byte that left belongs to
  std::unique_ptr<frame> awaiting_;  // the frame with a descriptor that leaves after plain_, or has left
  std::size_t awaiting_sent_ = 0;
  std::string acknowledgements_;  // leave between frames, never inside one
  std::size_t acknowledgements_sent_ = 0;
  std::deque<frame> held_;  // behind awaiting_
  std::size_t size_ = 0;
};

}  // namespace brood::ipc

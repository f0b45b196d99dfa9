#include <boost/system/errc.hpp>
#include <utility>

#include "ipc/channel.hpp"
#include "sys/calls.hpp"
#include "wire/frames.hpp"
#include "wire/json_writer.hpp"
#include "wire/parts.hpp"

// Between brood peers: large messages, and batches of small ones, in memory that both have mapped (wire/parts.hpp).

namespace brood::detail::ipc {

/// Lets the peer read a large message while it is still being written.
struct channel::part_outlet final : wire::outlet {
  explicit part_outlet(channel& to) : channel_(to) {}
  void take(std::string& text, std::size_t more) override {
    if (more > channel_.longest_.size()) channel_.longest_ = {.begin = text.size(), .end = text.size() + more};
    if (!channel_.may_go_in_parts()) return;
    channel_.parted_ += channel_.put_parts(std::string_view(text).substr(channel_.parted_), more, false);
    if (channel_.parted_ != text.size()) return;
    text.clear();
    channel_.parted_ = 0;
    channel_.longest_ = {};
  }
  std::size_t take_directly(std::string_view bytes, std::size_t more) override {
    return channel_.may_go_in_parts() ? channel_.put_parts(bytes, more, false) : 0;
  }

 private:
  channel& channel_;
};

/// A message in parts must not overtake another one that waits for room.
bool channel::may_go_in_parts() const noexcept { return large_out_.usable() && !outgoing_.has_parts(); }

void channel::append_frame(const boost::json::value& body) try {
  if (form_ == serialization::json && outgoing_.is_wide()) {
    part_outlet out(*this);
    wire::append_frame(frame_, body, out);
  } else {
    wire::append_frame(frame_, form_, body);
  }
} catch (...) {
  if (in_parts_) give_up();
  throw;
}

/// Copies as much as fits into the shared memory and announces it. Returns the number of bytes.
std::size_t channel::put_parts(std::string_view content, std::size_t more, bool last) {
  std::size_t written = 0;
  while (const std::size_t size = large_out_.put(content.substr(written))) {
    written += size;
    in_parts_ = true;
    const bool all = written == content.size();
    while (auto part = large_out_.take_part(last && all)) {
      const std::size_t left = content.size() - written;
      part->more = all || form_ == serialization::advanced ? more + left + large_out_.untold() : 0;
      part->last = last && all && large_out_.untold() == 0;
      outgoing_.add(notice_of(*part));
      told_until_ = outgoing_.queued();
      begin_to_send();
    }
  }
  return written;
}

/// Queues the current frame, or the rest of it: in parts, or as an ordinary frame if the peer has not mapped the
/// memory.
///
/// The first large message to a brood peer finds no shared memory. If it is large enough, it waits until the peer has
/// mapped the memory; otherwise it is sent as it is, and later messages use the memory.
bool channel::queue_large_frame() try {
  constexpr std::size_t worth_waiting = 1024UL * 1024;
  large_left_ = true;
  if (frame_.size() >= worth_waiting) share_memory();
  if (large_out_.usable() || (large_out_.awaited() && frame_.size() >= worth_waiting)) return queue_parts();
  if (!has_room(frame_.size())) return false;
  schedule_flush();
  outgoing_.add_large(std::exchange(frame_, {}));
  begin_to_send();
  share_memory();
  return is_short();
} catch (...) {
  if (in_parts_) give_up();
  throw;
}

/// The parts sent so far are never the whole message: at least a bracket or a quote follows.
bool channel::queue_parts() {
  schedule_flush();
  const auto content = wire::content_of_frame(frame_, form_);
  if (may_go_in_parts()) parted_ += put_parts(content.substr(parted_), 0, true);
  if (parted_ != content.size()) {
    if (!has_room(content.size() - parted_)) return false;
    if (form_ == serialization::advanced) longest_ = {.begin = parted_, .end = content.size()};
    fd_.keep_loop(true);
    outgoing_.add_parts(std::exchange(frame_, {}), parted_, longest_);
  }
  in_parts_ = false;
  return is_short();
}

/// Copies the next part of a waiting message. Returns false if there is no room; the peer announces when there is.
bool channel::put_waiting(const outbox::piece& piece) {
  if (large_out_.awaited() || (large_out_.asked() && large_out_.room() < piece.bytes.size())) return wait_for_room();
  const std::size_t size = large_out_.put(piece.bytes);
  const bool complete = piece.last && size == piece.bytes.size();
  const std::size_t more = piece.more != 0 ? piece.more + piece.bytes.size() - size : 0;
  outgoing_.sent(size);
  while (auto part = large_out_.take_part(true)) {
    part->last = complete && large_out_.untold() == 0;
    part->more = more != 0 ? more + large_out_.untold() : 0;
    outgoing_.add_urgent(notice_of(*part));
  }
  if (complete) {
    hold_loop();
  } else {
    outgoing_.add_urgent(frame_of(wire::ask_notice));
    large_out_.ask();
  }
  return true;
}

/// Frames that are sent together cost the kernel as much as one message of their size. If there is no room for them
/// now, they go through the socket, where the peer finds them after the data that it has to read before.
///
/// The peer reads the memory in order, so nothing may be added while data in it has not been announced.
bool channel::may_go_as_batch(const outbox::piece& piece) noexcept {
  const bool worth_it = piece.whole && piece.bytes.size() >= least_large() && piece.bytes.size() <= wire::default_part;
  const bool all_told = large_out_.untold() == 0 && outgoing_.left() >= told_until_;
  return worth_it && all_told && large_out_.room() >= piece.bytes.size();
}

void channel::put_batch(std::string_view frames) {
  outgoing_.sent(large_out_.put(frames));
  while (auto part = large_out_.take_part(true)) {
    part->frames = true;
    outgoing_.add_urgent(notice_of(*part));
  }
}

/// While this side does not read, it does not see the peer's reply either, and the listener that paused it may wait for
/// this message to be sent: a deadlock. Returns false if the message must wait nevertheless.
bool channel::wait_for_room() {
  if (!paused_) return false;
  if (large_out_.awaited()) {
    do_without_parts();
    return true;
  }
  if (looking_for_room_) return false;
  later(breath, &channel::look_for_room);
  looking_for_room_ = true;
  return false;
}

void channel::look_for_room() {
  looking_for_room_ = false;
  schedule_flush();
}

void channel::do_without_parts() {
  outgoing_.do_without_parts();
  hold_loop();
}

std::string channel::notice_of(const wire::part& part) const { return frame_of(wire::part_notice(part)); }

std::string channel::frame_of(std::string_view text) const {
  std::string frame;
  wire::append_text_frame(frame, form_, text);
  return frame;
}

void channel::share_memory() {
  constexpr std::size_t notice = 1024;  // more than enough
  if (!outgoing_.is_wide() || outgoing_.size() + notice > max_outgoing_) return;
  if (unique_fd fd = large_out_.share()) give_memory(std::move(fd));
}

void channel::give_memory(unique_fd fd) try {
  const wire::handle_envelope around{.type = attachment::kind::native};
  std::string frame;
  wire::append_text_frame(frame, form_, wire::memory_notice, &around);
  outgoing_handle memory{.fd = std::make_shared<const unique_fd>(std::move(fd)), .insist = false, .awaited = false};
  memory.outcome = [weak = weak_from_this()](bool taken) {
    if (const auto self = weak.lock(); self && !taken) self->memory_answered(false);
  };
  queue(std::move(frame), std::move(memory));
} catch (const std::bad_alloc&) {  // the memory is optional
  large_out_.close();
}

// ---- what the peer sends

void channel::part_arrived(const boost::json::object& notice) {
  const auto part = wire::read_part(notice);
  // a notice inside the memory could refer to itself without end
  if (!part || in_memory_) return close(errc::protocol_error);
  if (part->frames) return frames_arrived(*part);
  if (!from_memory_.empty()) return close(errc::protocol_error);
  if (error_code ec = large_in_.add(*part)) return close(ec);
  if (part->last) large_arrived();
}

void channel::frames_arrived(const wire::part& where) {
  let_answers_leave();
  if (!large_in_.expect_frames(where)) close(errc::protocol_error);
}

void channel::large_arrived() {
  const std::size_t size = large_in_.size();
  error_code ec;
  message content = large_in_.end(ec);
  if (ec) return close(ec);
  // Internal messages of the channel are never this large. They are passed on to the program, because a notice could
  // refer to itself.
  if (!wire::internal_command(content.body).empty()) return deliver_internal(std::move(content));
  deliver(std::move(content), size);
}

/// At once, because the peer is waiting, and this side may have much to read before the end of this turn.
void channel::asked_for_room() {
  acknowledge(wire::room_notice);
  if (!open_) return;
  begin_to_send();
  schedule_flush();
}

void channel::memory_answered(bool mapped) {
  if (!open_) return;
  if (!large_out_.awaited()) return close_soon(errc::protocol_error);
  if (mapped) {
    large_out_.mapped();
  } else {
    large_out_.close();
    do_without_parts();
  }
  schedule_flush();
}

void channel::told_of_room() {
  if (!large_out_.answered()) return close(errc::protocol_error);
  schedule_flush();
}

void channel::memory_arrived(const attachment& memory) {
  acknowledge(large_in_.open(memory.native_handle()) ? wire::mapped_notice : wire::unmapped_notice);
  if (open_) schedule_flush();
}

}  // namespace brood::detail::ipc

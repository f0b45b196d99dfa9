#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <utility>

#include "ipc/channel.hpp"
#include "sys/calls.hpp"
#include "sys/listen.hpp"
#include "wire/json_text.hpp"

// The outgoing half of a channel: from a message to its bytes in the socket.

namespace brood::detail::ipc {
namespace {

constexpr std::size_t bytes_a_turn = 1024 * 1024;
constexpr std::size_t min_to_begin = 64 * 1024;

/// Of a datagram socket Node has to be told whether it is one of IPv6.
wire::handle_envelope envelope_of(attachment::kind type, int fd) {
  const auto name = type == attachment::kind::datagram ? sys::name_of(fd) : std::nullopt;
  return {.type = type, .ipv6 = name && name->ipv6};
}

}  // namespace

bool channel::send(const boost::json::value& body, attachment handle, handle_outcome outcome) {
  if (!connected()) return false;
  if (wire::nested_deeper(body, wire::deepest_json - (handle ? 1 : 0))) {  // in an envelope it is one deeper
    throw boost::system::system_error(make_error_code(errc::not_serializable),
                                      "send: the value is nested deeper than 3,000 levels");
  }
  begin_frame();
  if (!handle) {
    append_frame(body);
    return queue_frame();
  }
  const auto around = envelope_of(handle.type(), handle.native_handle());
  wire::append_frame(frame_, form_, body, &around);
  return queue(frame_, {std::make_shared<const unique_fd>(handle.release()), std::move(outcome)});
}

bool channel::send_value(const value& body, attachment handle, handle_outcome outcome) {
  if (!connected()) return false;
  begin_frame();
  const auto around = envelope_of(handle.type(), handle.native_handle());
  if (!wire::append_value_frame(frame_, form_, body, handle ? &around : nullptr)) {
    throw boost::system::system_error(make_error_code(errc::not_serializable), "send");
  }
  if (!handle) return queue_frame();
  return queue(frame_, {std::make_shared<const unique_fd>(handle.release()), std::move(outcome)});
}

bool channel::send_json(std::string_view text) {
  if (!connected()) return false;
  begin_frame();
  if (!wire::append_json_frame(frame_, form_, text)) {
    throw boost::system::system_error(make_error_code(errc::not_serializable), "send_json");
  }
  return queue_frame();
}

bool channel::send_text(std::string_view text) {
  if (!connected()) return false;
  begin_frame();
  wire::append_text_frame(frame_, form_, text);
  return queue_frame();
}

bool channel::send_text(std::string_view text, attachment::kind type, std::shared_ptr<const unique_fd> fd,
                        handle_outcome outcome) {
  const auto around = envelope_of(type, fd->get());
  begin_frame();
  wire::append_text_frame(frame_, form_, text, &around);
  return queue(frame_, {std::move(fd), std::move(outcome), false});
}

/// Large messages often come one after the other, and fresh memory for each would cost more than to send it: it is let
/// go of after some turns of the loop in which others left.
void channel::recycle(bool large) {
  constexpr unsigned quiet_turns_before_giving_back = 64;
  quiet_turns_ = large ? 0 : quiet_turns_ + 1;
  if (quiet_turns_ < quiet_turns_before_giving_back) return;
  quiet_turns_ = 0;
  static_cast<void>(outgoing_.take_spare());
  large_out_.give_back();
  if (frame_.capacity() > high_water_mark) frame_ = {};
}

void channel::begin_frame() {
  if (outgoing_.has_spare() && frame_.capacity() <= high_water_mark) frame_ = outgoing_.take_spare();
  frame_.clear();
  parted_ = 0;
  longest_ = {};
  in_parts_ = false;
}

/// For memory that the peer reads, less is worth it than for memory of its own in the outbox.
std::size_t channel::least_large() const noexcept { return outgoing_.is_wide() ? 32UL * 1024 : high_water_mark; }

/// The frame just made.
bool channel::queue_frame() {
  if (in_parts_ || frame_.size() >= least_large()) return queue_large_frame();
  if (!has_room(frame_.size())) return false;
  schedule_flush();
  outgoing_.add(frame_);
  if (outgoing_.size() >= min_to_begin) {
    share_memory();
    begin_to_send();
  }
  return is_short();
}

/// A program that sends much at once: the peer can begin, and the rest finds the memory that this has left. Whatever
/// follows from it (an error, somebody who waits for it) comes with the flush, as we stand inside the caller's send().
void channel::begin_to_send() try {
  bool more = !waiting_writable_;
  while (more) {
    const auto piece = outgoing_.next();
    more = !piece.bytes.empty() && let_leave(piece) && outgoing_.urgent() != 0;
  }
} catch (const std::bad_alloc&) {
  give_up();
}

/// There was no memory for the rest of something whose beginning the peer may have read: it can neither be ended nor
/// taken back. Nothing here needs memory, and the reader finds the end of the socket.
void channel::give_up() noexcept {
  closing_ = true;
  overflowed_ = make_error_code(boost::system::errc::not_enough_memory);
  sys::shut_down(fd_.get());
  try {
    resume();
  } catch (const std::bad_alloc&) {  // then who resumes it finds the end
  }
}

bool channel::queue(std::string frame, outgoing_handle handle) {
  if (!connected() || !has_room(frame.size())) {
    if (handle.outcome) asio::post(fd_.get_executor(), [outcome = std::move(handle.outcome)] { outcome(false); });
    return false;
  }
  schedule_flush();
  outgoing_.add_with_handle(std::move(frame), std::move(handle));
  return is_short();
}

void channel::when_left(departures::handler h) {
  // What did not find room was not queued: that all else has left says nothing of it.
  departures_.add(overflowed_ ? outgoing_.queued() + 1 : outgoing_.queued(), std::move(h));
  schedule_flush();
}

void channel::when_drained(departures::handler h) {
  if (is_short()) return drained_.post(std::move(h), {});
  drained_.add(std::move(h));
}

void channel::tell_departures() {
  if (outgoing_.urgent() == 0) departures_.left(outgoing_.left());  // else the peer may not know of it
  if (!is_short()) return;
  while (!drained_.empty()) drained_.complete_one({});
}

bool channel::has_room(std::size_t size) {
  if (outgoing_.size() + size <= max_outgoing_) return true;
  closing_ = true;
  overflowed_ = errc::message_too_large;
  close_soon(overflowed_);
  return false;
}

/// Not from here, since we may stand inside the caller's send().
void channel::close_soon(error_code reason) {
  asio::post(fd_.get_executor(), [self = shared_from_this(), reason] { self->close(reason); });
}

void channel::disconnect() {
  if (closing_) return;
  // From here on nobody is too slow for what comes in: it is dropped. But the acknowledgement that the last descriptor
  // waits for may stand behind what was stopped.
  resume();
  schedule_flush();
  closing_ = true;
}

/// Frames queued in one turn of the loop leave together, in one system call. To be called before they are queued: where
/// there is no memory for it, they are not.
void channel::schedule_flush() {
  if (waiting_writable_ || flush_posted_) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
  flush_posted_ = true;
}

void channel::flush() try {
  if (waiting_writable_) return;
  std::size_t budget = bytes_a_turn;
  bool more = open_;
  bool some = false;
  while (more) {
    const outbox::piece piece = outgoing_.next();
    if (piece.bytes.empty()) break;
    some = true;
    const std::size_t size = piece.bytes.size();
    more = budget != 0 && let_leave(piece);
    if (budget == 0) schedule_flush();
    budget -= std::min(budget, size);
  }
  if (!open_) return;
  if (some && !answers_may_leave_) recycle(std::exchange(large_left_, false));
  tell_departures();
  if (closing_ && outgoing_.empty()) close(overflowed_);
} catch (const std::bad_alloc&) {
  give_up();
  throw;
}

void channel::later(std::chrono::milliseconds pause, void (channel::*what)()) {
  // Held by its own wait, so that it goes with the loop.
  auto timer = std::make_shared<asio::steady_timer>(fd_.get_executor(), pause);
  timer->async_wait([self = shared_from_this(), timer, what](error_code ec) {
    if (!ec && self->open_) (*self.*what)();
  });
}

void channel::retry() {
  retry_pending_ = false;
  outgoing_.retry();
  schedule_flush();
}

void channel::go_on_writing() {
  waiting_writable_ = false;
  flush();
}

/// False when it has to wait.
bool channel::let_leave(const outbox::piece& piece) {
  if (piece.part || piece.bytes.size() >= least_large()) large_left_ = true;
  if (piece.part) return put_waiting(piece);
  if (!may_go_as_batch(piece)) return transmit(piece);
  put_batch(piece.bytes);
  return true;
}

/// False when the socket takes no more for now, or never will.
bool channel::transmit(const outbox::piece& piece) {
  iovec part{const_cast<char*>(piece.bytes.data()), piece.bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (piece.fd >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(entry), &piece.fd, sizeof(int));
  }
  const ssize_t size = sys::send_message(fd_.get(), &header);
  if (size >= 0) {
    outgoing_.sent(static_cast<std::size_t>(size));
    return true;
  }
  // More descriptors are in flight than this user may have open. They land, then there is room again, but nothing would
  // tell: the socket is writable all the time.
  if (errno == ETOOMANYREFS) {
    later(breath, &channel::go_on_writing);
    waiting_writable_ = true;
    return false;
  }
  if (!sys::would_block()) {
    // The peer is gone, but what it sent before may still be unread: let the reader find the end. Once that is not
    // wanted any more, nobody would: a peer that has closed its reading side alone may stay for ever.
    const bool peer_has_gone = errno == EPIPE || errno == ECONNRESET;
    if (closing_ || !peer_has_gone) close_soon(peer_has_gone ? error_code() : sys::last_error());
    return false;
  }
  fd_.wait(loop::descriptor::wait_type::wait_write, [self = shared_from_this()](error_code ec) {
    if (!ec) self->go_on_writing();
  });
  waiting_writable_ = true;
  return false;
}

}  // namespace brood::detail::ipc

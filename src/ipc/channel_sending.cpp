#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <utility>

#include "ipc/channel.hpp"
#include "sys/calls.hpp"
#include "sys/listen.hpp"
#include "wire/json_text.hpp"

// The sending half of a channel: from a message to its bytes in the socket.

namespace brood::detail::ipc {
namespace {

constexpr std::size_t bytes_a_turn = 1024 * 1024;
constexpr std::size_t min_to_begin = 64 * 1024;

/// For a datagram socket, Node must know whether it is an IPv6 one.
wire::handle_envelope envelope_of(attachment::kind type, int fd) {
  const auto name = type == attachment::kind::datagram ? sys::name_of(fd) : std::nullopt;
  return {.type = type, .ipv6 = name && name->ipv6};
}

}  // namespace

bool channel::send(const boost::json::value& body, attachment handle, handle_outcome outcome) {
  if (!connected()) return false;
  if (wire::nested_deeper(body, wire::deepest_json - (handle ? 1 : 0))) {  // an envelope adds a level
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

/// Large messages often follow one another, and allocating memory for each would cost more than sending it. So the
/// memory is released only after some turns of the loop without one.
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

/// Shared memory pays off for smaller messages than a buffer of their own in the outbox.
std::size_t channel::least_large() const noexcept { return outgoing_.is_wide() ? 32UL * 1024 : high_water_mark; }

/// Queues the current frame.
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

/// For a program that sends much at once: the peer can begin to read, and the memory that was sent can be reused.
/// Errors and completions are handled by the flush, because the caller is inside send().
void channel::begin_to_send() try {
  bool more = !waiting_writable_;
  while (more) {
    const auto piece = outgoing_.next();
    more = !piece.bytes.empty() && let_leave(piece) && outgoing_.urgent() != 0;
  }
} catch (const std::bad_alloc&) {
  give_up();
}

/// There was no memory for the rest of a message whose beginning the peer may have read. It can be neither completed
/// nor withdrawn, so the channel ends. This needs no memory: the reader finds the end of the socket.
void channel::give_up() noexcept {
  closing_ = true;
  overflowed_ = make_error_code(boost::system::errc::not_enough_memory);
  sys::shut_down(fd_.get());
  try {
    resume();
  } catch (const std::bad_alloc&) {  // the next resume() finds the end
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
  // If the message did not fit, it was not queued: its waiter must not complete with what was queued before.
  departures_.add(overflowed_ ? outgoing_.queued() + 1 : outgoing_.queued(), std::move(h));
  schedule_flush();
}

void channel::when_drained(departures::handler h) {
  if (is_short()) return drained_.post(std::move(h), {});
  drained_.add(std::move(h));
}

void channel::tell_departures() {
  if (outgoing_.urgent() == 0) departures_.left(outgoing_.left());  // otherwise the peer may not have been notified
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

/// Not now, because the caller may be inside send().
void channel::close_soon(error_code reason) {
  asio::post(fd_.get_executor(), [self = shared_from_this(), reason] { self->close(reason); });
}

void channel::disconnect() {
  if (closing_) return;
  // From now on, input is dropped, so nothing is too slow for it. But the acknowledgement of the last descriptor may be
  // behind the input that was paused.
  resume();
  schedule_flush();
  closing_ = true;
}

/// Frames that are queued in one turn of the loop are sent together, in one system call. Must be called before they are
/// queued: without memory for it, they are not queued.
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
  // Owned by its own wait, so that it is destroyed with the loop.
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

/// Returns false if the piece has to wait.
bool channel::let_leave(const outbox::piece& piece) {
  if (piece.part || piece.bytes.size() >= least_large()) large_left_ = true;
  if (piece.part) return put_waiting(piece);
  if (!may_go_as_batch(piece)) return transmit(piece);
  put_batch(piece.bytes);
  return true;
}

/// Returns false if the socket accepts no more data, for now or for ever.
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
  // This user has too many descriptors in transit. Later there is room again, but nothing announces it: the socket is
  // writable all the time.
  if (errno == ETOOMANYREFS) {
    later(breath, &channel::go_on_writing);
    waiting_writable_ = true;
    return false;
  }
  if (!sys::would_block()) {
    // The peer is gone, but messages from it may still be unread: the reader will find the end. If input is no longer
    // wanted, nothing reads: a peer that has closed only its reading side could stay for ever.
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

#include "ipc/channel.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "sys/calls.hpp"
#include "wire/frames.hpp"

namespace brood::detail::ipc {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr int reads_a_turn = 16;
constexpr std::size_t memory_a_turn = 1024 * 1024;  // a notice is short but may stand for much data
constexpr std::size_t window = arrivals::most;      // of descriptors in transit between brood peers
// bytes of replies that a peer can make this side queue: 2,500 of one kind
constexpr std::size_t max_urgent = 64 * 1024;

/// The interval of checks whether a socket that a Node parent asks for is still open.
constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

channel::channel(asio::any_io_executor ex, unique_fd fd, serialization form, channel_limits limits)
    : fd_(std::move(ex), std::move(fd)),
      form_(form),
      max_outgoing_(limits.outgoing),
      incoming_(form, limits.message),
      from_memory_(form, limits.message),
      large_in_(form, limits.message),
      outgoing_(form),
      departures_(fd_.get_executor()),
      drained_(fd_.get_executor()) {}

void channel::start(callbacks c) {
  callbacks_ = std::move(c);
  if (error_code ec = fd_.make_nonblocking()) {
    asio::post(fd_.get_executor(), [self = shared_from_this(), ec] { self->close(ec); });
    return;
  }
  wait_readable();
}

void channel::greet() {
  send_text(wire::brood_greeting);
  outgoing_.widen(window);
}

void channel::wait_readable() {
  if (!open_ || paused_ || decode_posted_ || waiting_readable_) return;
  fd_.wait(loop::descriptor::wait_type::wait_read, [self = shared_from_this()](error_code ec) { self->readable(ec); });
  waiting_readable_ = true;
}

/// Messages that listeners send meanwhile are flushed at the end of the turn, together and without another turn of the
/// loop.
void channel::readable(error_code ec) {
  waiting_readable_ = false;
  if (ec == asio::error::operation_aborted) return;
  if (ec) return close(ec);
  // If a callback throws, its message is lost but the channel continues.
  struct turn {
    channel& self;
    const bool posted = std::exchange(self.flush_posted_, true);
    bool complete = false;
    ~turn() {
      self.answers_may_leave_ = false;
      if (!complete) {
        self.flush_posted_ = posted;
        self.schedule_flush();
      }
      self.wait_readable();
    }
  } turn{*this};
  answers_may_leave_ = !turn.posted;
  const std::uint64_t enough = large_in_.read() + memory_a_turn;
  bool more = true;
  for (int i = 0; i < reads_a_turn && more && open_ && !paused_ && !decode_posted_; ++i) {
    const received got = receive();
    more = got.more;
    decode(enough);
    if (got.size == read_size) let_answers_leave();
  }
  answers_may_leave_ = false;
  turn.complete = true;
  flush_posted_ = turn.posted;
  if (!turn.posted) flush();
}

void channel::pause() {
  paused_ = true;
  if (outgoing_.has_parts()) schedule_flush();
}

/// Parts that wait for the peer must be sent, as data that waits for the socket.
void channel::hold_loop() { fd_.keep_loop(keep_loop_ || outgoing_.has_parts()); }

void channel::keep_loop(bool on) {
  keep_loop_ = on;
  hold_loop();
}

void channel::resume() {
  if (!paused_) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] { self->go_on_decoding(); });
  paused_ = false;
}

channel::received channel::receive() {
  iovec part{incoming_.prepare(read_size), read_size};
  alignas(cmsghdr) char control[arrivals::control_size];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = sys::receive_message(fd_.get(), &header);
  if (size == -1 && sys::would_block()) return {};
  if (size <= 0) {
    // ECONNRESET: the peer closed with unread messages from this side, which it may do.
    const bool orderly = size == 0 || errno == ECONNRESET;
    close(overflowed_ ? overflowed_ : orderly ? error_code() : sys::last_error());
    return {};
  }
  const bool with_descriptor = header.msg_controllen != 0;
  descriptors_.take(header);
  incoming_.commit(static_cast<std::size_t>(size));
  // After a read that did not fill its buffer, the wait for readiness finds out whether there is more. But a read never
  // continues past a descriptor.
  return {static_cast<std::size_t>(size), with_descriptor || static_cast<std::size_t>(size) == read_size};
}

/// Decodes everything available, or stops after `enough` bytes of the peer's memory, so that other handlers of the loop
/// run in between.
void channel::decode(std::uint64_t enough) {
  if (std::exchange(decoding_, true)) return;
  auto self = shared_from_this();
  // If a callback throws, the remaining frames are decoded in a later turn.
  struct turn {
    channel& self;
    bool complete = false;
    ~turn() {
      self.decoding_ = false;
      if (!complete) self.decode_soon();
    }
  } turn{*this};
  while (open_ && !paused_) {
    if (large_in_.read() > enough) return;
    auto frame = next_frame();
    if (!frame) break;
    dispatch(*frame);
  }
  turn.complete = true;
  if (!open_ || paused_) return;
  if (incoming_.empty()) descriptors_.clear();  // all their frames are decoded, so these are not announced
  if (incoming_.too_long() || from_memory_.too_long()) close(errc::message_too_large);
}

/// Frames in the shared memory take the place of their notice.
std::optional<std::string_view> channel::next_frame() {
  auto frame = from_memory_.next();
  while (!frame && !from_memory_.too_long() && large_in_.read_frames(from_memory_)) frame = from_memory_.next();
  in_memory_ = frame.has_value();
  if (!frame && !from_memory_.too_long()) frame = incoming_.next();
  return frame;
}

/// With much input, responses must not wait for its end: the peer may be waiting for one.
void channel::let_answers_leave() {
  if (answers_may_leave_) flush();
}

void channel::decode_soon() noexcept try {
  if (decode_posted_) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] {
    self->decode_posted_ = false;
    self->go_on_decoding();
  });
  decode_posted_ = true;
} catch (const std::bad_alloc&) {
  give_up();
}

void channel::go_on_decoding() {
  decode(large_in_.read() + memory_a_turn);
  wait_readable();
}

/// A callback may throw. But after a frame that was lost for lack of memory, the peer could wait for ever, or a message
/// could seem complete without one of its parts.
void channel::dispatch(std::string_view frame) try {
  delivered_ = false;
  read_frame(frame);
} catch (...) {
  if (!delivered_) close(make_error_code(boost::system::errc::not_enough_memory));
  throw;
}

void channel::read_frame(std::string_view frame) {
  error_code ec;
  message content = wire::read_frame(frame, form_, ec);
  if (ec) return close(ec);
  const std::string_view command = wire::internal_command(content.body);
  if (command.empty()) return deliver(std::move(content), frame.size());
  if (command == "NODE_HANDLE" && !in_memory_) return handle_arrived(std::move(content), frame.size());
  if (command == "NODE_HANDLE_ACK" || command == "NODE_HANDLE_NACK") return answered(command == "NODE_HANDLE_ACK");
  if (is_between_brood_peers(command, content.body.get_object())) return;
  if (sockets_.asked(content.body.get_object())) return answer_for_sockets();
  deliver_internal(std::move(content));
}

bool channel::is_between_brood_peers(std::string_view command, const boost::json::object& notice) {
  if (command == "NODE_BROOD") {
    outgoing_.widen(window);
    schedule_flush();
  } else if (command == wire::part_command) {
    part_arrived(notice);
  } else if (command == wire::ask_command) {
    asked_for_room();
  } else if (command == wire::room_command) {
    told_of_room();
  } else if (command == wire::mapped_command || command == wire::unmapped_command) {
    memory_answered(command == wire::mapped_command);
  } else {
    return false;
  }
  return true;
}

void channel::answered(bool taken) {
  delivered_ = true;  // to the sender of the descriptor
  const bool expected = taken ? outgoing_.acknowledged() : outgoing_.refused();
  if (!expected) return close(errc::protocol_error);
  if (outgoing_.postponed() && !retry_pending_) {
    later(breath, &channel::retry);
    retry_pending_ = true;
  }
  schedule_flush();
}

void channel::handle_arrived(message frame, std::size_t size) {
  unique_fd fd = descriptors_.next();
  // Without a descriptor, this process has reached its limit, or the peer sent none. The peer may try again.
  acknowledge(fd ? wire::handle_ack : wire::handle_nack);
  schedule_flush();
  if (!fd || !open_) return;
  wire::handle_content inside = wire::open_handle_frame(std::move(frame.body.get_object()));
  sockets_.arrived(inside.key, fd.get());
  message content{.body = std::move(inside.body), .handle = attachment(inside.type, std::move(fd))};
  if (frame.rich) {
    value whole = wire::open_rich_handle_frame(std::move(*frame.rich));
    if (!(whole == from_json(content.body))) content.rich = std::move(whole);
  }
  const std::string_view command = wire::internal_command(content.body);
  if (command == wire::memory_command) return memory_arrived(content.handle);
  if (!command.empty()) return deliver_internal(std::move(content));
  deliver(std::move(content), size);
}

/// Replies to a Node parent about sockets that it has sent. Nothing reports that the last one was closed, so this is
/// checked.
void channel::answer_for_sockets() {
  for (const auto& text : sockets_.answers()) send_text(text);
  if (!sockets_.waiting() || sockets_watched_) return;
  later(between_looks, &channel::look_at_sockets);
  sockets_watched_ = true;
}

void channel::look_at_sockets() {
  sockets_watched_ = false;
  answer_for_sockets();
}

void channel::acknowledge(std::string_view text) {
  frame_.clear();
  wire::append_text_frame(frame_, form_, text);
  outgoing_.add_urgent(frame_);
  if (outgoing_.urgent() > max_urgent) close(errc::protocol_error);
}

void channel::deliver(message&& m, std::size_t size) {
  if (closing_ || !callbacks_.user) return;
  delivered_ = true;
  callbacks_.user(std::move(m), size);
}

void channel::deliver_internal(message&& m) {
  if (closing_ || !callbacks_.internal) return;
  delivered_ = true;
  callbacks_.internal(std::move(m.body.get_object()), std::move(m.handle));
}

// ---- end

void channel::drain_and_close() {
  auto self = shared_from_this();
  // Reads only what is there now, because a process of the peer's that holds the same end may write for ever. From its
  // shared memory, no more than the memory can hold, however often it is announced.
  std::size_t left = sys::readable_now(fd_.get());
  const std::uint64_t all_of_it = large_in_.read() + large_in_.capacity();
  for (;;) {
    do {
      paused_ = false;
      decode(all_of_it);
    } while (paused_);
    if (large_in_.read() > all_of_it) return close(errc::protocol_error);
    const std::size_t size = open_ && left != 0 ? receive().size : 0;
    if (size == 0) break;
    left -= std::min(left, size);
  }
  close({});
}

void channel::close(error_code reason) {
  if (!std::exchange(open_, false)) return;
  auto self = shared_from_this();
  closing_ = true;
  fd_.close();
  descriptors_.clear();
  large_in_.close();
  outgoing_.clear();
  large_out_.close();
  const error_code undelivered = reason ? reason : make_error_code(errc::channel_closed);
  departures_.end(undelivered);
  while (!drained_.empty()) drained_.complete_one(undelivered);
  auto last = std::exchange(callbacks_, {});
  if (last.closed) last.closed(reason);
}

}  // namespace brood::detail::ipc

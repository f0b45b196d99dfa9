#include "ipc/channel.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "sys/calls.hpp"
#include "wire/frames.hpp"

namespace brood::ipc {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr int reads_a_turn = 16;
constexpr std::size_t window = arrivals::most;  // of descriptors under way between brood and brood
constexpr std::size_t most_urgent = 64 * 1024;  // bytes of what a peer makes us say: the same one, 2,500 times

/// How often one looks whether a socket that a Node parent asks for is still open.
constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

channel::channel(asio::any_io_executor ex, unique_fd fd, serialization form, channel_limits limits)
    : fd_(std::move(ex), std::move(fd)),
      form_(form),
      most_outgoing_(limits.outgoing),
      incoming_(form, limits.message),
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

/// What listeners send meanwhile leaves at the end of the turn, all at once and without another turn of the loop.
void channel::readable(error_code ec) {
  waiting_readable_ = false;
  if (ec == asio::error::operation_aborted) return;
  if (ec) return close(ec);
  // Should a callback throw, its message is gone but the channel goes on.
  struct turn {
    channel& self;
    const bool posted = std::exchange(self.flush_posted_, true);
    bool complete = false;
    ~turn() {
      if (!complete) {
        self.flush_posted_ = posted;
        self.schedule_flush();
      }
      self.wait_readable();
    }
  } turn{*this};
  bool more = true;
  for (int i = 0; i < reads_a_turn && more && open_ && !paused_ && !decode_posted_; ++i) {
    const received got = receive();
    more = got.more;
    decode();
    // Where there is so much, an answer must not wait for the end of it: the peer may have nothing to do until then.
    if (got.size == read_size && !turn.posted) flush();
  }
  turn.complete = true;
  flush_posted_ = turn.posted;
  if (!turn.posted) flush();
}

void channel::pause() {
  paused_ = true;
  if (outgoing_.has_parts()) schedule_flush();
}

/// What waits for the peer's answer must leave, as what waits for the socket.
void channel::hold_loop() { fd_.keep_loop(keep_loop_ || outgoing_.has_parts()); }

void channel::keep_loop(bool on) {
  keep_loop_ = on;
  hold_loop();
}

void channel::resume() {
  if (!paused_) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] {
    self->decode();
    self->wait_readable();
  });
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
    // ECONNRESET: the peer closed with messages of ours unread, which is its right.
    const bool orderly = size == 0 || errno == ECONNRESET;
    close(overflowed_ ? overflowed_ : orderly ? error_code() : sys::last_error());
    return {};
  }
  const bool with_descriptor = header.msg_controllen != 0;
  descriptors_.take(header);
  incoming_.commit(static_cast<std::size_t>(size));
  // Where there was less than we had room for, the wait finds out for nothing whether there is more by now. But a read
  // never goes beyond a descriptor.
  return {static_cast<std::size_t>(size), with_descriptor || static_cast<std::size_t>(size) == read_size};
}

void channel::decode(std::size_t most_large) {
  if (std::exchange(decoding_, true)) return;
  auto self = shared_from_this();
  // Should a callback throw, the frames behind its own are decoded in a later turn.
  struct turn {
    channel& self;
    bool complete = false;
    ~turn() {
      self.decoding_ = false;
      if (!complete) self.decode_soon();
    }
  } turn{*this};
  const std::uint64_t enough = large_in_.read() + most_large;
  while (open_ && !paused_) {
    if (large_in_.read() > enough) return;
    auto frame = incoming_.next();
    if (!frame) break;
    dispatch(*frame);
  }
  turn.complete = true;
  if (!open_ || paused_) return;
  if (incoming_.empty()) descriptors_.clear();  // their frames are all decoded: nobody wants these
  if (incoming_.too_long()) close(errc::message_too_large);
}

void channel::decode_soon() {
  if (decode_posted_) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] {
    self->decode_posted_ = false;
    self->decode();
    self->wait_readable();
  });
  decode_posted_ = true;
}

/// A callback may throw. But a frame that was lost for want of memory may be what the peer waits for, or a piece of a
/// message that would seem whole without it.
void channel::dispatch(std::string_view frame) try {
  delivered_ = false;
  read_frame(frame);
} catch (...) {
  if (!delivered_) close(make_error_code(boost::system::errc::not_enough_memory));
  throw;
}

void channel::read_frame(std::string_view frame) {
  auto content = wire::read_frame(frame, form_);
  if (!content) return close(errc::garbled_message);
  const std::string_view command = wire::internal_command(content->body);
  if (command.empty()) return deliver(std::move(*content), {}, frame.size());
  if (command == "NODE_HANDLE") return handle_arrived(std::move(*content), frame.size());
  if (command == "NODE_HANDLE_ACK" || command == "NODE_HANDLE_NACK") return answered(command == "NODE_HANDLE_ACK");
  if (is_between_brood_peers(command, content->body.get_object())) return;
  if (sockets_.asked(content->body.get_object())) return answer_for_sockets();
  deliver_internal(std::move(*content), {});
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
  delivered_ = true;  // to whoever sent the descriptor
  const bool expected = taken ? outgoing_.acknowledged() : outgoing_.refused();
  if (!expected) return close(errc::garbled_message);
  if (outgoing_.postponed() && !retry_pending_) {
    later(breath, &channel::retry);
    retry_pending_ = true;
  }
  schedule_flush();
}

void channel::handle_arrived(wire::frame_content frame, std::size_t size) {
  unique_fd fd = descriptors_.next();
  // Where none came with it we were at our limit of open ones, or the peer sent none. It may try again.
  acknowledge(fd ? wire::handle_ack : wire::handle_nack);
  schedule_flush();
  if (!fd || !open_) return;
  wire::handle_content inside = wire::open_handle_frame(std::move(frame.body.get_object()));
  sockets_.arrived(inside.key, fd.get());
  wire::frame_content content{.body = std::move(inside.body), .rich = std::nullopt};
  if (frame.rich) {
    value whole = wire::open_rich_handle_frame(std::move(*frame.rich));
    if (!(whole == from_json(content.body))) content.rich = std::move(whole);
  }
  attachment handle(inside.type, std::move(fd));
  const std::string_view command = wire::internal_command(content.body);
  if (command == wire::memory_command) return memory_arrived(handle);
  if (!command.empty()) return deliver_internal(std::move(content), std::move(handle));
  deliver(std::move(content), std::move(handle), size);
}

/// What a Node parent wants to know of sockets it has sent. That the last one was closed, nobody tells us: we look.
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
  if (outgoing_.urgent() > most_urgent) close(errc::garbled_message);
}

void channel::deliver(wire::frame_content&& content, attachment handle, std::size_t size) {
  if (closing_ || !callbacks_.user) return;
  delivered_ = true;
  callbacks_.user({std::move(content.body), std::move(handle), std::move(content.rich)}, size);
}

void channel::deliver_internal(wire::frame_content&& content, attachment handle) {
  if (closing_ || !callbacks_.internal) return;
  delivered_ = true;
  callbacks_.internal(std::move(content.body.get_object()), std::move(handle));
}

// ---- end

void channel::drain_and_close() {
  constexpr std::size_t all_of_it = std::numeric_limits<std::size_t>::max() / 2;
  auto self = shared_from_this();
  // What it has left is what is there now: a process of its own that holds the same end may go on writing for ever.
  std::size_t left = sys::readable_now(fd_.get());
  for (;;) {
    do {
      paused_ = false;
      decode(all_of_it);
    } while (paused_);
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

}  // namespace brood::ipc

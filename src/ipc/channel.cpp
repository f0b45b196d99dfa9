#include "ipc/channel.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <utility>

#include "sys/calls.hpp"
#include "sys/listen.hpp"
#include "wire/frames.hpp"

namespace brood::ipc {
namespace {

constexpr std::size_t high_water_mark = 128 * 1024;  // as Node: net.Socket's write queue of its channel
constexpr std::size_t read_size = 64 * 1024;
constexpr int reads_a_turn = 16;
constexpr std::size_t bytes_a_turn = 1024 * 1024;
constexpr std::size_t window = arrivals::most;            // of descriptors under way between brood and brood
constexpr std::size_t most_acknowledgements = 64 * 1024;  // bytes of them: the same peer, 2,500 times

/// How long a peer that has no room for a descriptor, or a kernel that has none, is left alone.
constexpr std::chrono::milliseconds breath{10};
/// How often one looks whether a socket that a Node parent asks for is still open.
constexpr std::chrono::milliseconds between_looks{100};

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

/// Of a datagram socket Node has to be told whether it is one of IPv6.
wire::handle_envelope envelope_of(attachment::kind type, int fd) {
  const auto name = type == attachment::kind::datagram ? sys::name_of(fd) : std::nullopt;
  return {.type = type, .ipv6 = name && name->ipv6};
}

}  // namespace

channel::channel(asio::any_io_executor ex, unique_fd fd, serialization form, channel_limits limits)
    : fd_(std::move(ex), std::move(fd)),
      form_(form),
      most_outgoing_(limits.outgoing),
      incoming_(form, limits.message),
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

// ---- outgoing

bool channel::send(const boost::json::value& body, attachment handle, handle_outcome outcome) {
  if (!connected()) return false;
  frame_.clear();
  if (!handle) {
    wire::append_frame(frame_, form_, body);
    return queue(frame_);
  }
  const auto around = envelope_of(handle.type(), handle.native_handle());
  wire::append_frame(frame_, form_, body, &around);
  return queue(frame_, {std::make_shared<const unique_fd>(handle.release()), std::move(outcome)});
}

bool channel::send_value(const value& body, attachment handle, handle_outcome outcome) {
  if (!connected()) return false;
  frame_.clear();
  const auto around = envelope_of(handle.type(), handle.native_handle());
  if (!wire::append_value_frame(frame_, form_, body, handle ? &around : nullptr)) {
    throw boost::system::system_error(make_error_code(errc::not_serializable), "send");
  }
  if (!handle) return queue(frame_);
  return queue(frame_, {std::make_shared<const unique_fd>(handle.release()), std::move(outcome)});
}

bool channel::send_json(std::string_view text) {
  if (!connected()) return false;
  frame_.clear();
  if (!wire::append_json_frame(frame_, form_, text)) {
    throw boost::system::system_error(make_error_code(errc::not_serializable), "send_json");
  }
  return queue(frame_);
}

bool channel::send_text(std::string_view text) {
  if (!connected()) return false;
  frame_.clear();
  wire::append_text_frame(frame_, form_, text);
  return queue(frame_);
}

bool channel::send_text(std::string_view text, attachment::kind type, std::shared_ptr<const unique_fd> fd,
                        handle_outcome outcome) {
  const auto around = envelope_of(type, fd->get());
  frame_.clear();
  wire::append_text_frame(frame_, form_, text, &around);
  return queue(frame_, {std::move(fd), std::move(outcome), false});
}

bool channel::queue(std::string_view frame) {
  if (!has_room(frame.size())) return false;
  outgoing_.add(frame);
  if (frame_.capacity() > high_water_mark) frame_ = {};  // one large message, and perhaps no other for days
  return schedule_flush();
}

bool channel::queue(std::string frame, outgoing_handle handle) {
  if (!connected() || !has_room(frame.size())) {
    if (handle.outcome) asio::post(fd_.get_executor(), [outcome = std::move(handle.outcome)] { outcome(false); });
    return false;
  }
  outgoing_.add_with_handle(std::move(frame), std::move(handle));
  return schedule_flush();
}

void channel::when_left(departures::handler h) {
  departures_.add(outgoing_.queued(), std::move(h));
  schedule_flush();
}

void channel::when_drained(departures::handler h) {
  drained_.add(std::move(h));
  schedule_flush();
}

void channel::tell_departures() {
  departures_.left(outgoing_.left());
  if (outgoing_.size() >= high_water_mark) return;
  while (!drained_.empty()) drained_.complete_one({});
}

bool channel::has_room(std::size_t size) {
  if (outgoing_.size() + size <= most_outgoing_) return true;
  closing_ = true;  // not from here: we stand inside the caller's send()
  asio::post(fd_.get_executor(), [self = shared_from_this()] { self->close(errc::message_too_large); });
  return false;
}

void channel::disconnect() {
  if (std::exchange(closing_, true)) return;
  // From here on nobody is too slow for what comes in: it is dropped. But the acknowledgement that the last descriptor
  // waits for may stand behind what was stopped.
  resume();
  schedule_flush();
}

/// Frames queued in one turn of the loop leave together, in one system call.
bool channel::schedule_flush() {
  if (!waiting_writable_ && !std::exchange(flush_posted_, true)) {
    asio::post(fd_.get_executor(), [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }
  return outgoing_.size() < high_water_mark;
}

void channel::flush() {
  if (waiting_writable_) return;
  std::size_t budget = bytes_a_turn;
  bool more = open_;
  while (more) {
    const outbox::piece piece = outgoing_.next();
    if (piece.bytes.empty()) break;
    more = budget != 0 && transmit(piece);
    if (budget == 0) schedule_flush();
    budget -= std::min(budget, piece.bytes.size());
  }
  if (!open_) return;
  tell_departures();
  if (closing_ && outgoing_.empty()) close({});
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
    waiting_writable_ = true;
    later(breath, &channel::go_on_writing);
    return false;
  }
  if (!would_block()) {
    // The peer is gone, but what it sent before may still be unread: let the reader find the end. Once that is not
    // wanted any more, nobody would: a peer that has closed its reading side alone may stay for ever.
    if (closing_ || (errno != EPIPE && errno != ECONNRESET)) close(sys::last_error());
    return false;
  }
  waiting_writable_ = true;
  fd_.wait(loop::descriptor::wait_type::wait_write, [self = shared_from_this()](error_code ec) {
    if (!ec) self->go_on_writing();
  });
  return false;
}

// ---- incoming

void channel::wait_readable() {
  if (!open_ || paused_ || std::exchange(waiting_readable_, true)) return;
  fd_.wait(loop::descriptor::wait_type::wait_read, [self = shared_from_this()](error_code ec) { self->readable(ec); });
}

void channel::readable(error_code ec) {
  waiting_readable_ = false;
  if (ec == asio::error::operation_aborted) return;
  if (ec) return close(ec);
  // Should a callback throw, its message is gone but the channel goes on.
  struct go_on {
    channel& self;
    ~go_on() { self.wait_readable(); }
  } at_exit{*this};
  for (int i = 0; i < reads_a_turn && open_ && !paused_; ++i) {
    if (receive() == 0) return;
    decode();
  }
}

void channel::resume() {
  if (!std::exchange(paused_, false)) return;
  asio::post(fd_.get_executor(), [self = shared_from_this()] {
    self->decode();
    self->wait_readable();
  });
}

std::size_t channel::receive() {
  iovec part{incoming_.prepare(read_size), read_size};
  alignas(cmsghdr) char control[arrivals::control_size];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = sys::receive_message(fd_.get(), &header);
  if (size == -1 && would_block()) return 0;
  if (size <= 0) {
    // ECONNRESET: the peer closed with messages of ours unread, which is its right.
    const bool orderly = size == 0 || errno == ECONNRESET;
    close(orderly ? error_code() : sys::last_error());
    return 0;
  }
  descriptors_.take(header);
  incoming_.commit(static_cast<std::size_t>(size));
  return static_cast<std::size_t>(size);
}

void channel::decode() {
  if (std::exchange(decoding_, true)) return;
  auto self = shared_from_this();
  // Should a callback throw, the frames behind its own are decoded in a later turn.
  struct turn {
    channel& self;
    bool complete = false;
    ~turn() {
      self.decoding_ = false;
      if (!complete) asio::post(self.fd_.get_executor(), [again = self.shared_from_this()] { again->decode(); });
    }
  } turn{*this};
  while (open_ && !paused_) {
    auto frame = incoming_.next();
    if (!frame) break;
    dispatch(*frame);
  }
  turn.complete = true;
  if (!open_ || paused_) return;
  if (incoming_.empty()) descriptors_.clear();  // their frames are all decoded: nobody wants these
  if (incoming_.too_long()) close(errc::message_too_large);
}

void channel::dispatch(std::string_view frame) {
  auto content = wire::read_frame(frame, form_);
  if (!content) return close(errc::garbled_message);
  const std::string_view command = wire::internal_command(content->body);
  if (command == "NODE_HANDLE") return handle_arrived(std::move(*content), frame.size());
  if (command == "NODE_HANDLE_ACK" || command == "NODE_HANDLE_NACK") return answered(command == "NODE_HANDLE_ACK");
  if (command == "NODE_BROOD") {
    outgoing_.widen(window);
    return static_cast<void>(schedule_flush());
  }
  if (sockets_.asked(content->body.if_object())) return answer_for_sockets();
  deliver(std::move(*content), {}, frame.size());
}

void channel::answered(bool taken) {
  const bool expected = taken ? outgoing_.acknowledged() : outgoing_.refused();
  if (!expected) return close(errc::garbled_message);
  if (outgoing_.postponed() && !std::exchange(retry_pending_, true)) later(breath, &channel::retry);
  schedule_flush();
}

void channel::handle_arrived(wire::frame_content frame, std::size_t size) {
  unique_fd fd = descriptors_.next();
  // Where none came with it we were at our limit of open ones, or the peer sent none. It may try again.
  acknowledge(fd ? wire::handle_ack : wire::handle_nack);
  if (outgoing_.acknowledgements() > most_acknowledgements) return close(errc::garbled_message);
  schedule_flush();
  if (!fd) return;
  wire::handle_content inside = wire::open_handle_frame(std::move(frame.body.get_object()));
  sockets_.arrived(inside.key, fd.get());
  wire::frame_content content{.body = std::move(inside.body), .rich = std::nullopt};
  if (frame.rich) {
    value whole = wire::open_rich_handle_frame(std::move(*frame.rich));
    if (!(whole == from_json(content.body))) content.rich = std::move(whole);
  }
  deliver(std::move(content), attachment(inside.type, std::move(fd)), size);
}

/// What a Node parent wants to know of sockets it has sent. That the last one was closed, nobody tells us: we look.
void channel::answer_for_sockets() {
  for (const auto& text : sockets_.answers()) send_text(text);
  if (sockets_.waiting() && !std::exchange(sockets_watched_, true)) later(between_looks, &channel::look_at_sockets);
}

void channel::look_at_sockets() {
  sockets_watched_ = false;
  answer_for_sockets();
}

void channel::acknowledge(std::string_view text) {
  frame_.clear();
  wire::append_text_frame(frame_, form_, text);
  outgoing_.add_acknowledgement(frame_);
}

void channel::deliver(wire::frame_content content, attachment handle, std::size_t size) {
  if (closing_) return;
  if (!wire::internal_command(content.body).empty()) {
    if (callbacks_.internal) callbacks_.internal(std::move(content.body.get_object()), std::move(handle));
  } else if (callbacks_.user) {
    callbacks_.user({std::move(content.body), std::move(handle), std::move(content.rich)}, size);
  }
}

// ---- end

void channel::drain_and_close() {
  auto self = shared_from_this();
  // What it has left is what is there now: a process of its own that holds the same end may go on writing for ever.
  std::size_t left = sys::readable_now(fd_.get());
  for (;;) {
    do {
      paused_ = false;
      decode();
    } while (paused_);
    const std::size_t size = open_ && left != 0 ? receive() : 0;
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
  outgoing_.clear();
  const error_code undelivered = reason ? reason : make_error_code(errc::channel_closed);
  departures_.end(undelivered);
  while (!drained_.empty()) drained_.complete_one(undelivered);
  auto last = std::exchange(callbacks_, {});
  if (last.closed) last.closed(reason);
}

}  // namespace brood::ipc

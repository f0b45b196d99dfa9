#include "http/connection.hpp"

#include <boost/asio/post.hpp>
#include <exception>

#include "http/core.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

// As nginx's client_header_buffer_size. Most requests fit; for others the buffer grows.
constexpr std::size_t first_room = 1024;
// An idle connection does not keep a larger buffer.
constexpr std::size_t kept_room = 16 * 1024;
// While more output is queued, pipelined requests wait.
constexpr std::size_t output_mark = 64 * 1024;
// As nginx's lingering_timeout and lingering_time.
constexpr std::chrono::seconds linger_gap{5};
constexpr std::chrono::seconds linger_time{30};

}  // namespace

connection::connection(core& owner)
    : stream_(owner.executor()), reader_(owner.limits()), response_(*this), body_(*this) {}

void connection::start(std::shared_ptr<core> owner, int fd, stream::protocol family, bool no_delay, bool crowded) {
  stream_.open(fd, family, no_delay);
  if (owner->options().tls) [[unlikely]]
    stream_.secure(owner->options().tls->accept(fd));
  opened(std::move(owner), crowded);
}

void connection::opened(std::shared_ptr<core> owner, bool crowded) {
  core_ = std::move(owner);
  retain();
  keeper guard{*this};
  phase_ = phase::reading;
  requests_ = 0;
  receiving_ = blocked_ = closing_ = more_input_ = false;
  began_ = core_->wheel().now();
  core_->opened(*this);
  if (!crowded) return settle();
  if (read_at_once() == input::none) core_->read_soon(*this);
}

void connection::read_again() {
  if (phase_ == phase::reading && read_at_once() == input::none) settle();
}

void connection::release() noexcept {
  if (--references_ == 0) recycle();
}

void connection::recycle() noexcept {
  auto owner = std::move(core_);
  if (in_.capacity() > kept_room) in_.release();
  in_.clear();
  incoming_.reset();
  file_.reset();
  out_.clear();
  owner->give_back(out_);
  reader_.next();
  owner->recycled(*this);
}

void connection::close() {
  if (phase_ == phase::closed) return;
  // A peer that has received a part of a response must not believe that it is complete.
  if (phase_ == phase::answering || blocked_) {
    stream_.abort();
  } else {
    stream_.close();
  }
  leave();
}

void connection::lost() {
  if (const auto why = stream_.error()) [[unlikely]] {
    core_->count_tls_error();
    core_->log(log_level::debug, "http: TLS: " + why.message());
    if (phase_ == phase::reading && stream_.fall_back()) {
      refuse(400, "This port speaks HTTPS.\n");
      return settle();
    }
  }
  close();
}

/// Releases everything that belongs to the closed socket.
void connection::leave() {
  phase_ = phase::closed;
  deadlines::remove(*this);
  tell_drained(asio::error::not_connected);
  forget_body();
  core_->closed(*this);
  release();
}

/// Reads without waiting. If no data has arrived, nothing changes.
connection::input connection::read_at_once() {
  const auto room = in_.prepare(first_room);
  const auto result = stream_.receive(room);
  notice_handshake();
  if (result.blocked) return input::none;
  if (result.size == 0) {
    lost();
  } else {
    took(result.size, room.size());
  }
  return input::handled;
}

void connection::receive() {
  if (receiving_) return;
  if (in_.empty() && in_.capacity() > kept_room) in_.release();
  const auto room = in_.prepare(in_.empty() ? first_room : first_room / 2);
  const bool started = stream_.async_receive(
      room, [keep = keeper{*this}](boost::system::error_code ec, std::size_t size) { keep->received(ec, size); });
  if (!started) return close();
  receiving_ = true;
}

void connection::received(boost::system::error_code ec, std::size_t size) {
  receiving_ = false;
  if (phase_ == phase::closed) return;
  const auto entry = core_->enter();
  if (ec) return lost();
  notice_handshake();
  if (phase_ == phase::lingering) return linger();
  if (size == 0) return settle();
  took(size, in_.prepare(0).size());
}

/// Do not count handshake time against the request.
void connection::notice_handshake() {
  if (stream_.notice_handshake()) [[unlikely]]
    began_ = core_->wheel().now();
}

void connection::took(std::size_t size, std::size_t room) {
  if (idles()) began_ = requests_ == 0 ? began_ : core_->wheel().now();
  in_.commit(size);
  more_input_ = size == room;
  run();
}

/// Processes input as far as possible without waiting, then sends the output.
void connection::run() {
  do {
    running_ = true;
    while (phase_ == phase::reading && !closing_ && out_.size() < output_mark) {
      const auto verdict = reader_.advance(in_);
      if (verdict == message_reader::verdict::ready) {
        serve();
        continue;
      }
      if (verdict == message_reader::verdict::refused) refuse(reader_.refusal());
      if (verdict == message_reader::verdict::more && reader_.take_continue(in_)) {
        out().append("HTTP/1.1 100 Continue\r\n\r\n");
      }
      running_ = false;
      return settle();
    }
    running_ = false;
  } while (phase_ == phase::reading && !closing_ && flush());
  settle();
}

void connection::serve() {
  const auto& message = reader_.message();
  ++number_;
  ++requests_;
  const bool last = core_->last_request(requests_);
  answer_.begin({.version = message.version(),
                 .head = message.method() == verb::head,
                 .keep_alive = message.keep_alive() && !last});
  phase_ = phase::answering;
  ended_ = false;
  copies_ = 0;
  response_.number_ = body_.number_ = number_;
  in_handler_ = true;
  if (reader_.streams_body()) begin_body();
  try {
    core_->handle(message, body_, response_);
  } catch (...) {
    fail(std::current_exception());
  }
  if (goes_on_) return;
  handler_returned();
  if (phase_ == phase::answering && ended_ && !file_) finish_answer();
}

/// No more progress is possible without waiting: sends, then waits for the next event.
void connection::settle() {
  if (phase_ == phase::closed || blocked_ || !flush()) return;
  if (closing_) return finish();
  if (phase_ == phase::answering) return set_answering_deadline();
  set_reading_deadline();
  core_->give_back(out_);
  receive();
}

/// Whether no request has begun. Empty lines before a request line do not belong to it: some clients send one after a
/// body (RFC 9112, 2.2). So keep_alive_timeout applies until then, as in Node.
bool connection::idles() const noexcept {
  return !reader_.in_body() && in_.view().find_first_not_of("\r\n") == std::string_view::npos;
}

/// The handler has no time limit; the arrival of the body has one.
void connection::set_answering_deadline() {
  if (!receiving_) return deadlines::suspend(*this);
  core_->expire_after(*this, began_, core_->options().request_timeout);
}

void connection::set_reading_deadline() {
  const auto& options = core_->options();
  const bool idle = idles();
  if (idle && core_->draining()) return core_->expire_soon(*this, requests_ == 0);
  if (idle && requests_ > 0) return core_->expire_after(*this, core_->wheel().now(), options.keep_alive_timeout);
  if (stream_.shaking_hands()) return core_->expire_after(*this, began_, options.handshake_timeout);
  // Node: both limits apply to the head, the limit of the whole request applies to the body.
  auto limit = options.request_timeout;
  const bool head = !reader_.in_body() && options.headers_timeout.count() > 0;
  if (head && (limit.count() == 0 || options.headers_timeout < limit)) limit = options.headers_timeout;
  core_->expire_after(*this, began_, limit);
}

void connection::late() {
  keeper guard{*this};
  const bool reads = phase_ == phase::reading && !blocked_;
  const bool asks = reads && !idles();
  const bool kept_alive = reads && !asks && requests_ > 0;
  if (!kept_alive && phase_ != phase::lingering) core_->count_timeout();
  // A connection that never sent a byte, such as those that browsers open in advance, is closed without a response: the
  // browser would take it for the response to its first request.
  if (phase_ == phase::answering && receiving_ && !blocked_) return refuse_body(408, asio::error::timed_out);
  if (!asks) return close();
  refuse(408);
  settle();
}

/// Sends an error response by the server itself and ends the connection.
void connection::refuse(int status, std::string_view why) {
  core_->count_refusal();
  answer_.begin({});
  answer_.restart(status);
  answer_.open(out(), core_->date(), why.size());
  out().append(why);
  closing_ = true;
  more_input_ = true;  // further input of the peer is discarded
}

void connection::drain() {
  keeper guard{*this};
  // A response that already permits the peer to continue cannot be the last one: the next request may be on its way.
  if (!answer_.opened()) answer_.close();
  if (phase_ != phase::reading || blocked_ || !idles()) return;
  // A connection without a request yet was accepted to be served, and the next request of an active one may be on its
  // way and would be lost. Both get a little time. Others are idle, or their input is about to be processed.
  const bool busy = requests_ == 0 || core_->wheel().now() <= began_ + 1;
  if (busy) return core_->expire_soon(*this, requests_ == 0);
  if (!stream_.readable()) close();
}

/// All output was sent. If the socket were closed with unread input, the kernel would send a reset, which can overtake
/// the response and destroy it at the peer. So the connection waits until the peer closes (RFC 9112, 9.6).
void connection::finish() {
  if (!more_input_ && in_.empty()) return close();
  phase_ = phase::lingering;
  stream_.shutdown_send();
  const auto& wheel = core_->wheel();
  lingers_until_ = wheel.now() + core_->ticks(linger_time);
  linger();
}

void connection::linger() {
  if (!receiving_) in_.clear();
  const auto now = core_->wheel().now();
  if (now >= lingers_until_) return close();
  core_->expire_after(*this, now, linger_gap);
  receive();
}

void connection::resume_later() {
  asio::post(core_->executor(), [keep = keeper{*this}] {
    const auto& c = *keep.operator->();
    // Nothing to do if the peer has accepted the queued output meanwhile and the connection has continued.
    if (c.phase_ != phase::reading || c.running_ || c.blocked_ || c.receiving_) return;
    const auto entry = c.core_->enter();
    keep->run();
  });
}

}  // namespace brood::http::detail

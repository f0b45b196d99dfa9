#include <algorithm>
#include <string>

#include "http/connection.hpp"
#include "http/core.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

// A body from this size on is passed to the kernel directly, instead of being copied behind its head.
constexpr std::size_t worth_no_copy = 8 * 1024;
// As the high-water mark of a socket in Node, above which write() says to wait.
constexpr std::size_t write_mark = 64 * 1024;

// The maximum length of a target in a log line.
constexpr std::size_t logged_target = 200;

}  // namespace

bool connection::answers(std::uint64_t number) const noexcept {
  return phase_ == phase::answering && number == number_ && !ended_;
}

void connection::copied(std::uint64_t number) noexcept {
  retain();
  if (number == number_) ++copies_;
}

void connection::dropped(std::uint64_t number) {
  if (number == number_) --copies_;
  const bool forgotten = answers(number) && copies_ == 0 && !in_handler_;
  if (forgotten) {
    fail("it destroyed the response without ending it");
    if (phase_ == phase::answering) ended_later();
  }
  release();
}

const asio::any_io_executor& connection::executor() const noexcept { return core_->executor(); }

void connection::handler_goes_on() noexcept {
  retain();
  goes_on_ = true;
}

/// Called from inside serve() if the coroutine could not be started: serve() continues then.
void connection::handler_ended(const std::exception_ptr& error) {
  if (error) fail(error);
  goes_on_ = false;
  if (!running_) {
    handler_returned();
    if (phase_ == phase::answering && ended_ && !file_) ended_later();
  }
  release();
}

void connection::handler_returned() {
  in_handler_ = false;
  if (phase_ == phase::answering && !ended_ && copies_ == 0) fail("it neither ended the response nor kept a copy");
}

byte_buffer& connection::out() {
  if (out_.capacity() == 0) core_->lend(out_);
  return out_;
}

bool connection::write(std::string_view piece) {
  if (!answer_.opened()) answer_.open(out(), core_->date());
  if (answer_.has_body() && !piece.empty()) {
    if (answer_.chunked()) append_chunk_size(out(), piece.size());
    put(piece);
    if (answer_.chunked()) out().append("\r\n");
  }
  // Inside run(), run() flushes later together with other output. Outside, nothing else would flush.
  if (!running_ || out_.size() >= write_mark) flush();
  return phase_ == phase::answering && out_.size() <= write_mark;
}

bool connection::end(std::string_view body) {
  const bool all_read = drop_body();
  if (!all_read) answer_.close();
  if (!answer_.opened()) answer_.open(out(), core_->date(), body.size());
  if (answer_.has_body()) {
    if (answer_.chunked() && !body.empty()) append_chunk_size(out(), body.size());
    put(body);
    if (answer_.chunked()) out().append(body.empty() ? last_chunk : std::string_view("\r\n0\r\n\r\n"));
  }
  if (phase_ != phase::answering) return false;
  ended_ = true;
  // The handler may still use the request, and the next request waits until it has returned. Only the response of a
  // coroutine is sent earlier.
  if (!in_handler_) {
    ended_later();
  } else if (!running_) {
    flush();
  }
  return true;
}

departed connection::upgrade(bool secured) {
  const auto refused = [](auto why) { throw boost::system::system_error(why, "http: upgrade"); };
  if (answer_.opened() || receiving_) refused(asio::error::already_started);
  if (stream_.secured() != secured) refused(asio::error::operation_not_supported);
  const bool all_sent = flush();
  if (phase_ == phase::closed) refused(asio::error::not_connected);
  if (!all_sent) refused(asio::error::would_block);
  upgraded result{.socket = stream_.release(), .received = std::string(in_.view()), .head_size = reader_.head_size()};
  if (incoming_) result.received.append(incoming_->bytes.view());
  departed both{std::move(result), stream_.release_channel()};
  leave();
  return both;
}

void connection::ended_later() {
  finish_answer();
  if (closing_ || in_.empty()) return settle();
  // The next request is available, but its handler must not run inside the call that ended this one.
  if (flush()) resume_later();
}

void connection::finish_answer() {
  phase_ = phase::reading;
  closing_ = closing_ || answer_.closes();
  // A peer that expected a persistent connection may have sent its next request already.
  more_input_ = more_input_ || (answer_.closes() && reader_.message().keep_alive());
  if (incoming_ && incoming_->open) closing_ = more_input_ = true;
  in_.consume(reader_.consumed());
  end_body();
  reader_.next();
  began_ = core_->wheel().now();
}

void connection::fail(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    fail(known.what());
  } catch (...) {
    fail("it threw an object that is not a std::exception");
  }
}

/// The handler failed. If the head was sent, only closing the connection can signal that to the peer.
void connection::fail(std::string_view why) {
  const auto& message = reader_.message();
  std::string text = "http: handler of ";
  text.append(message.method_string()).append(" ").append(message.target().substr(0, logged_target));
  core_->log(log_level::error, text.append(" failed: ").append(why));
  if (!answers(number_)) return;
  if (answer_.opened()) {
    flush();
    return close();
  }
  answer_.restart(500);
  if (!drop_body()) answer_.close();
  answer_.open(out(), core_->date(), 0);
  ended_ = true;
}

void connection::put(std::string_view data) {
  if (data.size() < worth_no_copy) return out().append(data);
  flush(data);
}

/// Sends out_ and then `more`; queues the rest that the peer does not accept at once. Returns true if everything was
/// sent.
bool connection::flush(std::string_view more) {
  if (phase_ == phase::closed) return false;
  if (blocked_) {
    out().append(more);
    return false;
  }
  while (!out_.empty() || !more.empty()) {
    const auto sent =
        stream_.send(out_.empty() ? more : out_.view(), out_.empty() ? std::string_view{} : more, !!file_);
    if (sent.blocked) {
      out().append(more);
      await_writable();
      return false;
    }
    if (sent.size == 0) {
      close();
      return false;
    }
    const auto from_out = std::min(sent.size, out_.size());
    out_.consume(from_out);
    more.remove_prefix(sent.size - from_out);
  }
  return !file_ || flush_file();
}

void connection::wait_drained(std::uint64_t number, brood::detail::waiters<>::handler handler) {
  if (!drained_) drained_ = std::make_unique<brood::detail::waiters<>>(core_->executor());
  if (!answers(number)) return drained_->post(std::move(handler), asio::error::not_connected);
  if (out_.size() <= write_mark) return drained_->post(std::move(handler), {});
  drained_->add(std::move(handler));
}

void connection::tell_drained(boost::system::error_code ec) {
  while (drained_ && !drained_->empty()) drained_->complete_one(ec);
}

void connection::await_writable() {
  blocked_ = true;
  core_->expire_after(*this, core_->wheel().now(), core_->options().send_timeout);
  const bool started =
      stream_.async_writable([keep = keeper{*this}](boost::system::error_code ec) { keep->writable(ec); });
  if (!started) close();
}

void connection::writable(boost::system::error_code ec) {
  if (phase_ == phase::closed) return;
  const auto entry = core_->enter();
  if (ec) return close();
  blocked_ = false;
  const bool all = flush();
  if (phase_ != phase::closed && out_.size() <= write_mark) tell_drained({});
  if (!all) return;
  // The rest of a file was sent, so the response is complete now.
  if (phase_ == phase::answering && ended_ && !in_handler_) return ended_later();
  // A response in progress continues when its handler does; anything else continues now.
  if (phase_ == phase::reading && !closing_ && !in_.empty()) return run();
  settle();
}

}  // namespace brood::http::detail

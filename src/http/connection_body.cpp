// Bodies that are read while their handler runs.
#include <boost/asio/error.hpp>

#include "brood/error.hpp"
#include "brood/http/request_body.hpp"
#include "http/connection.hpp"
#include "http/core.hpp"

namespace brood::http {

namespace asio = boost::asio;

request_body::request_body(const request_body& other) noexcept
    : connection_(other.connection_), number_(other.number_), copy_(true) {
  connection_->retain();
}

request_body::~request_body() {
  if (copy_) connection_->release();
}

void request_body::read(brood::detail::waiters<std::string_view>::handler handler) const {
  connection_->read_body(number_, std::move(handler));
}

namespace detail {
namespace {

// The size of one read from the socket.
constexpr std::size_t room_for_body = 16 * 1024;

boost::system::error_code reason(int refusal) noexcept {
  return refusal == 413 ? errc::message_too_large : errc::protocol_error;
}

}  // namespace

/// The request refers to in_, which must not move any more, so data after the head goes to another buffer.
void connection::begin_body() {
  if (!incoming_) incoming_ = std::make_unique<incoming_body>(core_->executor());
  incoming_->open = true;
  incoming_->bytes.append(in_.view().substr(reader_.consumed()));
  in_.truncate(reader_.consumed());
}

void connection::read_body(std::uint64_t number, brood::detail::waiters<std::string_view>::handler handler) {
  if (!incoming_) incoming_ = std::make_unique<incoming_body>(core_->executor());
  if (!answers(number)) {
    return incoming_->reader.post(std::move(handler), asio::error::not_connected, {});
  }
  incoming_->bytes.consume(std::exchange(incoming_->taken, 0));
  incoming_->reader.add(std::move(handler));
  deliver_body();
}

/// Delivers available data to the reader, or waits for more.
void connection::deliver_body() {
  while (!incoming_->reader.empty()) {
    if (!incoming_->open) return incoming_->reader.complete_one({}, {});
    const auto piece = reader_.read_body(incoming_->bytes);
    if (piece.refused != 0) return refuse_body(piece.refused, reason(piece.refused));
    if (piece.end) incoming_->open = false;
    if (piece.size > 0) {
      incoming_->taken = piece.consumed;
      return incoming_->reader.complete_one({}, {incoming_->bytes.data(), piece.size});
    }
    incoming_->bytes.consume(piece.consumed);
    if (incoming_->open && !receive_body()) return;
  }
}

/// Returns true if data was available at once.
bool connection::receive_body() {
  if (receiving_) return false;
  if (incoming_->bytes.empty() && reader_.take_continue(in_) && !answer_.opened()) {
    out().append("HTTP/1.1 100 Continue\r\n\r\n");
    if (!running_) flush();
    if (phase_ == phase::closed) return false;
  }
  const auto room = incoming_->bytes.prepare(room_for_body);
  const auto result = stream_.receive(room);
  if (result.size > 0) {
    incoming_->bytes.commit(result.size);
    return true;
  }
  const bool started = result.blocked && stream_.async_receive(room, [keep = keeper{*this}](auto ec, std::size_t size) {
    keep->received_body(ec, size);
  });
  if (!started) {
    lose_body();
    return false;
  }
  receiving_ = true;
  if (!blocked_) set_answering_deadline();
  return false;
}

void connection::received_body(boost::system::error_code ec, std::size_t size) {
  receiving_ = false;
  if (phase_ == phase::closed) return;
  const auto entry = core_->enter();
  if (ec) return lose_body();
  if (phase_ == phase::lingering) return linger();
  incoming_->bytes.commit(size);
  if (phase_ != phase::answering || ended_) return settle();
  if (!blocked_) set_answering_deadline();
  deliver_body();
}

/// The peer has closed in the middle of its request.
void connection::lose_body() {
  while (!incoming_->reader.empty()) incoming_->reader.complete_one(asio::error::eof, {});
  close();
}

/// The request will not be complete. The handler gets the error. So does the peer, unless the response has begun.
void connection::refuse_body(int status, boost::system::error_code why) {
  while (!incoming_->reader.empty()) incoming_->reader.complete_one(why, {});
  if (answer_.opened()) {
    flush();
    return close();
  }
  refuse(status);
  ended_ = true;
  if (!in_handler_) {
    ended_later();
  } else if (!running_) {
    flush();
  }
}

/// The response has ended: discards the received part of the body. Returns true if that is all of it.
bool connection::drop_body() {
  if (!incoming_ || !incoming_->open) return true;
  if (receiving_) return false;
  incoming_->bytes.consume(std::exchange(incoming_->taken, 0));
  for (;;) {
    const auto piece = reader_.read_body(incoming_->bytes);
    if (piece.refused != 0) return false;
    incoming_->bytes.consume(piece.consumed);
    if (piece.end) {
      incoming_->open = false;
      return true;
    }
    if (piece.size == 0) return false;
  }
}

/// Data after the body belongs to the next request.
void connection::end_body() {
  if (!incoming_) return;
  incoming_->bytes.consume(std::exchange(incoming_->taken, 0));
  if (!receiving_) {
    in_.append(incoming_->bytes.view());
    incoming_->bytes.release();
  }
  incoming_->open = false;
}

void connection::forget_body() {
  while (incoming_ && !incoming_->reader.empty()) incoming_->reader.complete_one(asio::error::not_connected, {});
}

}  // namespace detail
}  // namespace brood::http

#include "http/client_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace brood::http::detail {

namespace asio = boost::asio;

io_result client_stream::attempt(const operation& op) {
  switch (op.what) {
    case operation::handshake: return channel_->handshake();
    case operation::read: return channel_->receive(op.room);
    case operation::write: break;
  }
  return channel_->send(op.data, false);
}

/// A read or the handshake waits for what the channel needs; a write waits until the socket accepts more.
void client_stream::go_on(operation op, completion handler) {
  const auto now = attempt(op);
  if (now.size > 0) return complete(std::move(handler), {}, now.size);
  if (!now.blocked) {
    const auto why = channel_->error();
    return complete(std::move(handler), why ? why : asio::error::eof, 0);
  }
  const bool to_write = op.what == operation::write || channel_->wants_write();
  // The handler keeps this stream alive.
  socket_.async_wait(to_write ? asio::socket_base::wait_write : asio::socket_base::wait_read,
                     [this, op, handler = std::move(handler)](error_code ec) mutable {
                       if (ec) return std::move(handler)(ec, 0);
                       go_on(op, std::move(handler));
                     });
}

void client_stream::complete(completion handler, error_code ec, std::size_t size) {
  asio::post(get_executor(), asio::append(std::move(handler), ec, size));
}

}  // namespace brood::http::detail

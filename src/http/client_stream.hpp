#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "http/secure.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

/// The connection of a client's exchange: a socket, plain or with a TLS channel. An AsyncReadStream and
/// AsyncWriteStream.
class client_stream {
 public:
  using executor_type = asio::any_io_executor;
  using error_code = boost::system::error_code;

  explicit client_stream(const executor_type& ex) : socket_(ex) {}

  executor_type get_executor() { return socket_.get_executor(); }
  asio::ip::tcp::socket& socket() noexcept { return socket_; }

  /// Starts TLS on a connected socket. Calls `handler(error_code)` after the handshake. The socket is non-blocking from
  /// then on.
  template <class Handler>
  void async_secure(std::unique_ptr<secure_channel> channel, Handler handler) {
    channel_ = std::move(channel);
    error_code ec;
    socket_.native_non_blocking(true, ec);
    if (ec) return asio::post(get_executor(), [ec, handler = std::move(handler)]() mutable { handler(ec); });
    go_on({operation::handshake, {}, {}},
          [handler = std::move(handler)](error_code failed, std::size_t) mutable { handler(failed); });
  }
  /// Closes the socket, with close_notify if `in_good_order`. Pending operations complete with an error.
  void close(bool in_good_order) noexcept {
    if (channel_ && in_good_order) channel_->end();
    error_code ignored;
    socket_.close(ignored);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& to) {
          if (!channel_) return socket_.async_read_some(to, std::move(handler));
          const asio::mutable_buffer room = first_of(to);
          go_on({operation::read, {static_cast<char*>(room.data()), room.size()}, {}}, std::move(handler));
        },
        token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (!channel_) return socket_.async_write_some(from, std::move(handler));
          const asio::const_buffer data = first_of(from);
          go_on({operation::write, {}, {static_cast<const char*>(data.data()), data.size()}}, std::move(handler));
        },
        token, buffers);
  }

 private:
  using completion = asio::any_completion_handler<void(error_code, std::size_t)>;
  struct operation {
    enum kind : unsigned char { handshake, read, write } what;
    std::span<char> room;
    std::string_view data;
  };

  /// Skips empty buffers, because a read of 0 bytes would look like the end.
  template <class Buffers>
  static auto first_of(const Buffers& buffers) {
    auto at = asio::buffer_sequence_begin(buffers);
    const auto end = asio::buffer_sequence_end(buffers);
    auto result = *at;
    while (result.size() == 0 && ++at != end) result = *at;
    return result;
  }

  /// Performs the operation now, or after a wait.
  void go_on(operation op, completion handler);
  void complete(completion handler, error_code ec, std::size_t size);
  io_result attempt(const operation& op);

  asio::ip::tcp::socket socket_;
  std::unique_ptr<secure_channel> channel_;
};

}  // namespace brood::http::detail

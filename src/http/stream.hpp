#pragma once

#include <sys/types.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "brood/executor.hpp"
#include "http/secure.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

/// A connected socket, plain or with a secure_channel. Operations are direct system calls. The socket is registered
/// with the loop only when an operation must wait, so a connection that never waits is never registered.
class stream {
 public:
  using protocol = asio::ip::tcp;

  using result = io_result;

  /// Keeps a reference to the executor.
  explicit stream(const asio::any_io_executor& ex) noexcept : executor_(&ex) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { close(); }

  /// Takes ownership of a connected descriptor. If TCP_NODELAY is not set, it is set before the second packet: a
  /// connection with one response saves the call.
  void open(int fd, protocol family, bool no_delay) noexcept;
  /// Enables TLS. Must be called before the first byte.
  void secure(std::unique_ptr<secure_channel> channel) noexcept;
  /// Closes properly: with close_notify, so that the peer does not see a truncation.
  void close() noexcept;
  /// Closes without close_notify, so that the peer sees a truncation.
  void abort() noexcept;
  /// Why a TLS connection failed; no error for a plain one.
  boost::system::error_code error() const noexcept;
  /// Switches to plain if the peer does not speak TLS. Returns whether it did.
  bool fall_back() noexcept;
  bool secured() const noexcept { return channel_ != nullptr; }
  std::unique_ptr<secure_channel> release_channel() noexcept { return std::move(channel_); }
  /// Returns the socket, open and registered. Throws boost::system::system_error if the loop cannot register it.
  asio::ip::tcp::socket release();
  /// Ends the output. Input can still be read.
  void shutdown_send() noexcept;

  result receive(std::span<char> room) noexcept;
  /// Sends both parts, in one packet if they fit. `more`: data that follows at once belongs to the same packet.
  result send(std::string_view first, std::string_view second, bool more = false) noexcept;
  /// Sends a part of a regular file. No bytes: the peer has closed, or the file ends before `offset`.
  result send_file(int file, std::uint64_t offset, std::size_t size) noexcept;
  /// Whether the socket is registered with the loop.
  bool enlisted() const noexcept { return socket_.has_value(); }
  /// Unread input is available.
  bool readable() const noexcept;

  /// The TLS handshake is not complete, as far as notice_handshake() has determined.
  bool shaking_hands() const noexcept { return shaking_hands_; }
  /// Returns true once, after the handshake has completed.
  bool notice_handshake() noexcept {
    if (!unnoticed_handshake()) return false;
    shaking_hands_ = false;
    return true;
  }

  /// Calls `handler(error_code, std::size_t)`. Returns false, without a call, if the loop cannot register the socket.
  /// No error and no bytes: the handshake is complete; call notice_handshake().
  template <class Handler>
  bool async_receive(std::span<char> room, Handler handler) {
    if (!enlist()) return false;
    if (channel_) [[unlikely]] {
      receive_secure(room, std::move(handler));
      return true;
    }
    socket_->async_read_some(asio::buffer(room.data(), room.size()), std::move(handler));
    return true;
  }
  /// Calls `handler(error_code)` when the peer accepts more data.
  template <class Handler>
  bool async_writable(Handler handler) {
    if (!enlist()) return false;
    socket_->async_wait(asio::socket_base::wait_write, std::move(handler));
    return true;
  }

 private:
  bool enlist() noexcept;
  void no_delay() noexcept;
  result send_secure(std::string_view first, std::string_view second, bool more);
  result send_file_secure(int file, std::uint64_t offset, std::size_t size);

  template <class Handler>
  void receive_secure(std::span<char> room, Handler handler) {
    // Without this check the common case would read the socket twice, because the loop reads it.
    if (!channel_->pending()) return await_secure(room, std::move(handler));
    const auto now = channel_->receive(room);
    if (now.blocked && !unnoticed_handshake()) return await_secure(room, std::move(handler));
    const auto ec = now.blocked ? boost::system::error_code{} : end_of(now);
    asio::post(*executor_, [ec, now, handler = std::move(handler)]() mutable { handler(ec, now.size); });
  }
  /// The handler keeps this stream alive. Its channel may be destroyed before data arrives.
  template <class Handler>
  void await_secure(std::span<char> room, Handler handler) {
    auto go_on = [this, room, handler = std::move(handler)](boost::system::error_code ec, std::size_t size) mutable {
      if (!channel_ || (ec && ec != asio::error::eof)) return handler(ec ? ec : asio::error::operation_aborted, 0);
      channel_->arrived(size);
      const auto now = channel_->receive(room);
      if (now.blocked && unnoticed_handshake()) return handler(boost::system::error_code{}, 0);
      if (now.blocked) return await_secure(room, std::move(handler));
      handler(end_of(now), now.size);
    };
    if (channel_->wants_write()) {
      socket_->async_wait(asio::socket_base::wait_write,
                          [go_on = std::move(go_on)](boost::system::error_code ec) mutable { go_on(ec, 0); });
    } else {
      const auto input = channel_->input();
      socket_->async_read_some(asio::buffer(input.data(), input.size()), std::move(go_on));
    }
  }
  bool unnoticed_handshake() const noexcept { return shaking_hands_ && channel_ && channel_->established(); }
  static boost::system::error_code end_of(result r) noexcept {
    return r.size > 0 ? boost::system::error_code{} : asio::error::eof;
  }

  const asio::any_io_executor* executor_;
  std::unique_ptr<secure_channel> channel_;
  // Only while it is registered: a closed connection that is still referenced must not depend on the loop.
  std::optional<asio::ip::tcp::socket> socket_;
  protocol family_ = protocol::v4();
  int fd_ = -1;
  bool shaking_hands_ = false;
  enum class delay : unsigned char { none, first_packet, set_next } delay_ = delay::none;
};

}  // namespace brood::http::detail

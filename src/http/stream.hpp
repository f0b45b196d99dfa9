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

/// One connected socket, plain or with a secure_channel on it. What can be done at once is done by the system call
/// itself; the loop is told of the socket only when something has to be waited for, so a connection that is served in
/// one go never meets the reactor.
class stream {
 public:
  using protocol = asio::ip::tcp;

  using result = io_result;

  /// Keeps a reference to the executor.
  explicit stream(const asio::any_io_executor& ex) noexcept : executor_(&ex) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { close(); }

  /// Takes over a connected descriptor. Without TCP_NODELAY it is set before the second packet: a connection with one
  /// answer is spared the call.
  void open(int fd, protocol family, bool no_delay) noexcept;
  /// From here on nothing is plain. Before the first byte.
  void secure(std::unique_ptr<secure_channel> channel) noexcept;
  /// A peer is told that this is the end, where it would otherwise have to take it for an accident.
  void close() noexcept;
  /// The same in the middle of something: it shall take it for an accident.
  void abort() noexcept;
  /// Why a secure one failed; none for a plain one.
  boost::system::error_code error() const noexcept;
  /// It should be secure, but the peer is not; now it is plain as well.
  bool fall_back() noexcept;
  bool secured() const noexcept { return channel_ != nullptr; }
  std::unique_ptr<secure_channel> release_channel() noexcept { return std::move(channel_); }
  /// Gives the socket away, open and enlisted. Throws boost::system::system_error if the loop cannot take it.
  asio::ip::tcp::socket release();
  /// No more is sent, the peer sees the end; what it sends can still be read.
  void shutdown_send() noexcept;

  result receive(std::span<char> room) noexcept;
  /// Both pieces in one packet if they fit; `more` follows at once, and belongs to it too.
  result send(std::string_view first, std::string_view second, bool more = false) noexcept;
  /// Bytes of a regular file. None: the peer is gone, or the file ends before.
  result send_file(int file, std::uint64_t offset, std::size_t size) noexcept;
  /// The loop knows it.
  bool enlisted() const noexcept { return socket_.has_value(); }
  /// Something has come that nobody has read.
  bool readable() const noexcept;

  /// The handshake of a secure one is not over, as far as has been noticed.
  bool shaking_hands() const noexcept { return shaking_hands_; }
  /// It is over now, and was not when this was asked before.
  bool notice_handshake() noexcept {
    if (!unnoticed_handshake()) return false;
    shaking_hands_ = false;
    return true;
  }

  /// `handler(error_code, std::size_t)`; false and no call if the loop cannot take the socket. No error and no bytes:
  /// the handshake is over, which is to be noticed.
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
  /// `handler(error_code)`, when the peer takes more.
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
    // Without this the usual case would ask the socket twice: it is the loop that does.
    if (!channel_->pending()) return await_secure(room, std::move(handler));
    const auto now = channel_->receive(room);
    if (now.blocked && !unnoticed_handshake()) return await_secure(room, std::move(handler));
    const auto ec = now.blocked ? boost::system::error_code{} : end_of(now);
    asio::post(*executor_, [ec, now, handler = std::move(handler)]() mutable { handler(ec, now.size); });
  }
  /// The handler keeps this stream; its channel may be gone by the time something comes.
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
  // Only while it is enlisted: a closed connection that somebody still refers to must not need the loop any more.
  std::optional<asio::ip::tcp::socket> socket_;
  protocol family_ = protocol::v4();
  int fd_ = -1;
  bool shaking_hands_ = false;
  enum class delay : unsigned char { none, first_packet, set_next } delay_ = delay::none;
};

}  // namespace brood::http::detail

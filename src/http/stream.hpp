#pragma once

#include <sys/types.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "brood/executor.hpp"

namespace brood::http::detail {

/// One connected socket. What can be done at once is done by the system call itself; the loop is told of the socket
/// only when something has to be waited for, so a connection that is served in one go never meets the reactor.
class stream {
 public:
  using protocol = asio::ip::tcp;

  /// What a call at once came to. Neither bytes nor blocked: the peer is gone or has ended.
  struct result {
    std::size_t size = 0;
    bool blocked = false;
  };

  /// Keeps a reference to the executor.
  explicit stream(const asio::any_io_executor& ex) noexcept : executor_(&ex) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { close(); }

  /// Takes over a connected descriptor. Without TCP_NODELAY it is set before the second packet: a connection with one
  /// answer is spared the call.
  void open(int fd, protocol family, bool no_delay) noexcept;
  void close() noexcept;
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

  /// `handler(error_code, std::size_t)`; false and no call if the loop cannot take the socket.
  template <class Handler>
  bool async_receive(std::span<char> room, Handler handler) {
    if (!enlist()) return false;
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

  const asio::any_io_executor* executor_;
  // Only while it is enlisted: a closed connection that somebody still refers to must not need the loop any more.
  std::optional<asio::ip::tcp::socket> socket_;
  protocol family_ = protocol::v4();
  int fd_ = -1;
  enum class delay : unsigned char { none, first_packet, set_next } delay_ = delay::none;
};

}  // namespace brood::http::detail

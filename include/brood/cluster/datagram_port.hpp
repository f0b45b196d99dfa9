#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>

#include "brood/error.hpp"
#include "brood/event.hpp"

namespace brood::cluster {

namespace detail {
struct datagram_state;
}  // namespace detail

/// A worker's share of a UDP port that the primary owns: a plain Asio socket. All workers share one socket, and the
/// first to read a datagram gets it.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class datagram_port {
 public:
  using endpoint_type = boost::asio::ip::udp::endpoint;
  using socket_type = boost::asio::ip::udp::socket;

  datagram_port(datagram_port&&) noexcept = default;
  datagram_port& operator=(datagram_port&& other) noexcept;
  /// Closes the port. Listeners are not called any more.
  ~datagram_port();

  /// The primary's reply. async_wait completes with the bound address, or with the reason of the failure:
  /// address_in_use, permission_denied ...
  one_shot_event<endpoint_type> bound;
  /// The socket is closed. The value is the reason: errc::listener_closed after close() or if the worker was told to
  /// disconnect, otherwise the error of `bound`.
  one_shot_event<error_code> closed;

  /// Open and non-blocking from `bound` to `closed`. Operations that are pending at `closed` complete with
  /// operation_aborted.
  socket_type& socket() noexcept;

  /// Closes this worker's socket. Other workers keep theirs.
  void close();

 private:
  friend brood::detail::access;
  explicit datagram_port(std::shared_ptr<detail::datagram_state> state);

  brood::detail::state_ptr<detail::datagram_state> state_;
};

}  // namespace brood::cluster

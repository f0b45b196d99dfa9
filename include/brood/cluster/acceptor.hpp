#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "brood/cluster/address.hpp"
#include "brood/detail/token.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/unique_fd.hpp"

namespace brood::cluster {

namespace detail {
struct acceptor_state;
}  // namespace detail

/// A worker's share of a port that the primary owns: gives ordinary Asio sockets, for Beast or any other protocol.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class acceptor {
 public:
  using endpoint_type = boost::asio::ip::tcp::endpoint;
  using socket_type = boost::asio::ip::tcp::socket;
  using local_socket_type = boost::asio::local::stream_protocol::socket;
  /// Takes connections, as many at a time as were waiting: connected, non-blocking, closed on exec. It moves out those
  /// it wants; the others are closed.
  using batch_handler = std::function<void(std::span<unique_fd>)>;

  acceptor(acceptor&&) noexcept = default;
  acceptor& operator=(acceptor&& other) noexcept;
  /// Closes the acceptor. Listeners and handlers that were set are not called any more.
  ~acceptor();

  boost::asio::any_io_executor get_executor() const noexcept;

  /// The primary's answer. Its async_wait completes with the address the port is bound to (of a Unix path: none,
  /// where() tells), or with why it is not: address_in_use, permission_denied ...
  one_shot_event<endpoint_type> listening;
  /// What the first worker that had something to share said when it asked to listen here; null before `listening`, and
  /// where nobody said anything.
  const boost::json::value& shared_data() const noexcept;
  /// `f` is called when the primary has put something else in its place, which it does with the keys of TLS tickets
  /// (brood::https). It may close this acceptor.
  void on_shared_data(std::function<void()> f);
  /// `f` is called when connections wait that cannot be accepted, since there is no descriptor or no memory left: again
  /// after each further attempt, which is made ten times a second. It may close this acceptor.
  void on_exhausted(std::function<void()> f);
  /// No connection comes any more, and all that came were given out. The value is why: errc::listener_closed when it
  /// was closed or the worker was told to go, else what `listening` says.
  one_shot_event<error_code> closed;

  /// Gives the next connection. Signature: `void(error_code, asio::ip::tcp::socket)`. Error: why there is no listener;
  /// errc::listener_closed when it was closed or the worker was told to go; operation_aborted when cancelled.
  /// Cancellation: every kind; no connection is lost by it.
  template <boost::asio::completion_token_for<void(error_code, socket_type)> Token = brood::detail::default_token>
  auto async_accept(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, socket_type)>(
        [state = state_](auto handler) { accept(state, std::move(handler)); }, token);
  }

  /// The same for a Unix path. Each of the two gives operation_not_supported at once where the other is the right one.
  template <boost::asio::completion_token_for<void(error_code, local_socket_type)> Token = brood::detail::default_token>
  auto async_accept_local(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, local_socket_type)>(
        [state = state_](auto handler) { accept_local(state, std::move(handler)); }, token);
  }

  /// What it listens at, once it does; before, what was asked for.
  address where() const;

  /// Instead of async_accept, for servers that want bare descriptors and few calls: `f` gets every connection from here
  /// on. It runs on the loop, and may close this acceptor.
  void on_connections(batch_handler f);

  /// The listening socket, where this worker has one (kernel scheduling, `shared`, or Node's SCHED_NONE); else -1. For
  /// its options, or for servers that accept by themselves: these must use on_connections as well, since connections
  /// rescued from a worker that died come through the primary. It stays the acceptor's.
  int native_handle() const noexcept;

  /// Tells how many connections this worker has open, those that came through here and any other that shall count;
  /// to be told again whenever that changes. It is what scheduling::kernel_least_loaded goes by; elsewhere it does
  /// nothing. A worker that never tells gets its turn. http::server tells by itself.
  void set_load(std::size_t open) noexcept;

  /// Tells that this worker has been asked `more` requests more, on whatever connection: for recycling::requests and
  /// worker_statistics::requests. To be told 0 before the first makes it known that there was none. It is cheap: the
  /// primary hears of the sum, 100 ms later at most. http::server tells by itself.
  void count_requests(std::size_t more) noexcept;

  /// Stops accepting. Pending connections are returned to the primary, except those that were acknowledged already:
  /// these are still passed to `on_connections`, from the loop, before `closed`. The destructor discards them instead.
  void close();

 private:
  using accept_handler = boost::asio::any_completion_handler<void(error_code, socket_type)>;
  using local_accept_handler = boost::asio::any_completion_handler<void(error_code, local_socket_type)>;
  static void accept(const brood::detail::state_ptr<detail::acceptor_state>& state, accept_handler handler);
  static void accept_local(const brood::detail::state_ptr<detail::acceptor_state>& state, local_accept_handler handler);

  friend brood::detail::access;
  explicit acceptor(std::shared_ptr<detail::acceptor_state> state);

  brood::detail::state_ptr<detail::acceptor_state> state_;
};

}  // namespace brood::cluster

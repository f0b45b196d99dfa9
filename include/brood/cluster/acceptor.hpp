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

/// A worker's share of a listening port that the primary owns. It delivers ordinary Asio sockets, for Beast or any
/// other protocol.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class acceptor {
 public:
  using endpoint_type = boost::asio::ip::tcp::endpoint;
  using socket_type = boost::asio::ip::tcp::socket;
  using local_socket_type = boost::asio::local::stream_protocol::socket;
  /// Receives all connections that are waiting: connected, non-blocking, closed on exec. The handler moves out those it
  /// wants; the others are closed.
  using batch_handler = std::function<void(std::span<unique_fd>)>;

  acceptor(acceptor&&) noexcept = default;
  acceptor& operator=(acceptor&& other) noexcept;
  /// Closes the acceptor. Listeners and handlers that were set are not called any more.
  ~acceptor();

  boost::asio::any_io_executor get_executor() const noexcept;

  /// The primary's reply. async_wait completes with the bound address (a default one for a Unix path: see where()), or
  /// with the reason of the failure: address_in_use, permission_denied ...
  one_shot_event<endpoint_type> listening;
  /// The data that the workers of this address share: listen_options::shared_data of the first worker that gave any.
  /// Null before `listening`, and if no worker gave any.
  const boost::json::value& shared_data() const noexcept;
  /// Calls `f` when the primary has replaced the shared data, as it does with the keys of TLS tickets (brood::https).
  /// `f` may close this acceptor.
  void on_shared_data(std::function<void()> f);
  /// Calls `f` when connections wait that cannot be accepted for lack of descriptors or memory. The accept is retried
  /// ten times a second, and `f` is called after each failed attempt. It may close this acceptor.
  void on_exhausted(std::function<void()> f);
  /// No more connections will arrive, and all that arrived were delivered. The value is the reason:
  /// errc::listener_closed if the acceptor was closed or the worker was told to disconnect, otherwise the error of
  /// `listening`.
  one_shot_event<error_code> closed;

  /// Completes with the next connection.
  /// Completion signature: `void(error_code, asio::ip::tcp::socket)`.
  /// Errors: the error of `listening`; errc::listener_closed if the acceptor was closed or the worker was told to
  /// disconnect; operation_aborted when cancelled.
  /// Cancellation: every kind. No connection is lost.
  template <boost::asio::completion_token_for<void(error_code, socket_type)> Token = brood::detail::default_token>
  auto async_accept(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, socket_type)>(
        [state = state_](auto handler) { accept(state, std::move(handler)); }, token);
  }

  /// The same for a Unix path. Each of the two completes with operation_not_supported at once if the other one fits the
  /// address.
  template <boost::asio::completion_token_for<void(error_code, local_socket_type)> Token = brood::detail::default_token>
  auto async_accept_local(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, local_socket_type)>(
        [state = state_](auto handler) { accept_local(state, std::move(handler)); }, token);
  }

  /// The bound address, or the requested one until `listening`.
  address where() const;

  /// Delivers all connections to `f` from now on, in place of async_accept: for servers that want file descriptors and
  /// few calls. `f` runs on the loop and may close this acceptor.
  void on_connections(batch_handler f);

  /// The listening socket if this worker has one (a kernel scheduling, `shared`, or Node's SCHED_NONE), otherwise -1.
  /// It is meant for socket options, and for servers that accept by themselves. Such a server must also use
  /// on_connections, because connections of a worker that exited arrive from the primary. The acceptor owns the
  /// descriptor.
  int native_handle() const noexcept;

  /// Reports the number of open connections of this worker, including those that did not arrive here but should count.
  /// Call it whenever the number changes. scheduling::kernel_least_loaded uses it; other schedulings ignore it. A
  /// worker that never calls it gets connections in turn. http::server calls it.
  void set_load(std::size_t open) noexcept;

  /// Adds `more` to the number of requests that this worker has received on any connection, for recycling::max_requests
  /// and worker_statistics::requests. Call it with 0 before the first request to report that there was none. The call
  /// is cheap: the sum is sent to the primary at most every 100 ms. http::server calls it.
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

#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "brood/error.hpp"
#include "brood/event.hpp"

namespace brood::cluster {

struct acceptor_state;

/// A worker's share of a port that the primary owns: gives ordinary Asio sockets, for Beast or any other protocol.
class acceptor {
 public:
  using endpoint_type = boost::asio::ip::tcp::endpoint;
  using socket_type = boost::asio::ip::tcp::socket;

  explicit acceptor(std::shared_ptr<acceptor_state> state);
  acceptor(acceptor&&) noexcept = default;
  acceptor& operator=(acceptor&&) noexcept = default;
  /// The same as close().
  ~acceptor();

  boost::asio::any_io_executor get_executor() const noexcept;

  /// The primary's answer. Its async_wait completes with the address the port is bound to, or with why it is not:
  /// address_in_use, permission_denied ...
  milestone<endpoint_type> listening;

  /// Gives the next connection. Signature: `void(error_code, asio::ip::tcp::socket)`. Error: why there is no listener;
  /// errc::listener_closed when it was closed or the worker was told to go; operation_aborted when cancelled.
  /// Cancellation: every kind; no connection is lost by it.
  template <class Token = boost::asio::deferred_t>
  auto async_accept(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, socket_type)>(
        [state = state_](auto handler) { accept(*state, std::move(handler)); }, token);
  }

  /// Takes no connection any more. Those not yet accepted here go to other workers or are closed.
  void close();

 private:
  using accept_handler = boost::asio::any_completion_handler<void(error_code, socket_type)>;
  static void accept(acceptor_state& state, accept_handler handler);

  std::shared_ptr<acceptor_state> state_;
};

}  // namespace brood::cluster

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "brood/cluster/listen_options.hpp"
#include "brood/detail/token.hpp"
#include "brood/detail/waiters.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/http/handler.hpp"
#include "brood/http/options.hpp"

namespace brood::cluster {
class this_worker;
}

namespace brood::http {

namespace detail {
class core;
}

/// Counters of a server.
struct server_statistics {
  std::uint64_t accepted = 0;  ///< connections accepted
  std::uint64_t requests = 0;  ///< requests passed to the handler
  /// requests that the server answered itself with 4xx or 5xx, because they were malformed or too large
  std::uint64_t refused = 0;
  std::uint64_t timed_out = 0;   ///< connections closed by a time-out other than keep_alive_timeout
  std::uint64_t tls_errors = 0;  ///< connections closed by a TLS error, most of them during the handshake
  std::size_t connections = 0;   ///< open connections
};

/// An HTTP/1.1 server: Node's `http.createServer(handler).listen(port)`.
///
///     brood::http::server server{loop, [](const auto& request, auto& response) { response.end("hello\n"); }};
///     server.listen(8000);
///
/// Move-only. Its destructor closes the listening sockets and all connections at once; async_close() is the graceful
/// way.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class server {
 public:
  using endpoint = boost::asio::ip::tcp::endpoint;

  /// A server that listens itself.
  server(executor ex, handler h, server_options options = {});
  /// A server that gets its connections from the cluster. `self` must outlive it.
  server(cluster::this_worker& self, handler h, server_options options = {});
  server(server&&) noexcept = default;
  server& operator=(server&& other) noexcept;
  ~server();

  /// Listens on all addresses, IPv6 and IPv4, as Node does. With port 0 the kernel chooses a free port: see
  /// local_endpoint(). This and the other forms may be called more than once.
  ///
  /// Without a cluster the server listens when the call returns. The options `exclusive` and `shared_data` have no
  /// effect then, and a backlog of 0 is that of server_options. In a worker this is the function of this_worker with
  /// the same name and options: the primary listens, and `listening` reports errors. With TLS the server sets
  /// `shared_data` itself.
  /// Throws: boost::system::system_error, without a cluster, for example "listen on port 8000: Address already in use".
  /// An empty path, a path that looks like an address, and a negative descriptor throw in a worker, too.
  void listen(std::uint16_t port, const cluster::listen_options& options = {});
  void listen(const endpoint& where, const cluster::listen_options& options = {});
  /// Listens at a Unix path. A stale socket file, at which no process listens, is replaced. Any other file is
  /// address_in_use. The file is removed when the server closes; in a worker, when the primary ends.
  /// Throws: boost::system::system_error (invalid_argument) for a path without a '/' that looks like an address: a
  /// number, an IP address, or text that ends in ':' and a number, such as "localhost:8000". The message says what to
  /// write instead; a socket file of such a name is "./localhost:8000".
  void listen(const std::filesystem::path& path, const cluster::listen_options& options = {});
  /// Listens on a bound socket: one of this process, which is duplicated, or in a worker one of the primary.
  void listen_inherited(int descriptor, const cluster::listen_options& options = {});

  /// The address of the first listen(); a default endpoint until it is bound, and for a path.
  endpoint local_endpoint() const;

  /// The first listen() succeeded, with the bound endpoint (a default one for a path), or failed: async_wait completes
  /// with the error then.
  one_shot_event<endpoint> listening;

  /// Shuts down gracefully: stops accepting, serves the connections in the accept queue, closes idle connections, and
  /// lets the others finish their current request. A connection that was active within the last second may idle for one
  /// more second, because its next request may be on its way. A connection that has not sent its first request may idle
  /// for five. Neither exceeds keep_alive_timeout. Completes when the last connection is closed. The server stays
  /// closed.
  /// Completion signature: `void(error_code)`.
  /// Errors: operation_aborted when cancelled, or if the server is destroyed first.
  /// Cancellation: every kind ends the wait. The shutdown goes on.
  template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = brood::detail::default_token>
  auto async_close(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [keep = core_](auto completion) { close(*keep, std::move(completion)); }, token);
  }

  server_statistics statistics() const noexcept;

 private:
  explicit server(std::shared_ptr<detail::core> core);
  static void close(detail::core& core, brood::detail::waiters<>::handler completion);

  std::shared_ptr<detail::core> core_;
};

}  // namespace brood::http

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

/// What a server has done so far.
struct server_statistics {
  std::uint64_t accepted = 0;    ///< connections
  std::uint64_t requests = 0;    ///< given to the handler
  std::uint64_t refused = 0;     ///< bad or too large, answered 4xx or 5xx by the server itself
  std::uint64_t timed_out = 0;   ///< connections ended by a time-out other than keep_alive_timeout
  std::uint64_t tls_errors = 0;  ///< connections that ended by a failure of TLS, most of them in the handshake
  std::size_t connections = 0;   ///< open now
};

/// An HTTP/1.1 server: Node's `http.createServer(handler).listen(port)`.
///
///     brood::http::server server{loop, [](const auto& request, auto& response) { response.end("hello\n"); }};
///     server.listen(8000);
///
/// Move-only. Dropping it closes the listening sockets and every connection at once; async_close() does so kindly.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class server {
 public:
  using endpoint = boost::asio::ip::tcp::endpoint;

  /// Listens itself.
  server(executor ex, handler h, server_options options = {});
  /// Gets its connections through the cluster; `self` must outlive it.
  server(cluster::this_worker& self, handler h, server_options options = {});
  server(server&&) noexcept = default;
  server& operator=(server&& other) noexcept;
  ~server();

  /// Listens on every address of the machine, IPv6 and IPv4, as Node does. Port 0 lets the kernel choose:
  /// local_endpoint() tells. May be called, in all its forms, for more than one place.
  ///
  /// Without a cluster it listens when it returns, or throws boost::system::system_error, e.g. "listen on port 8000:
  /// Address already in use"; of the options, `exclusive` and `data` mean nothing then, and a backlog of 0 is that of
  /// server_options. In a worker it is the form of this_worker of the same name and options; the primary listens, so
  /// errors come through `listening`, but for what says no place at all: an empty path, one that reads as an address,
  /// and a negative descriptor throw everywhere. With TLS the server puts its own into `data`.
  void listen(std::uint16_t port, const cluster::listen_options& options = {});
  void listen(const endpoint& where, const cluster::listen_options& options = {});
  /// At a Unix path. Throws boost::system::system_error (invalid_argument) for a path without a '/' that reads as an
  /// address: a number, an IP address, or what ends in ':' and a number, such as "localhost:8000". That says what to
  /// write instead; a socket file of such a name is "./localhost:8000". A socket file that was left there and that
  /// nobody listens at is replaced; any other file, and one that somebody listens at, is address_in_use. The file goes
  /// when the server closes; in a worker, with the primary.
  void listen(const std::filesystem::path& path, const cluster::listen_options& options = {});
  /// At a socket that is there, bound: this process's own, of which a copy is made, or in a worker the primary's.
  void listen_inherited(int descriptor, const cluster::listen_options& options = {});

  /// Where the first listen() came to listen; a default endpoint until then, and for a path.
  endpoint local_endpoint() const;

  /// The first listen() succeeded, with the endpoint it got (a default one for a path), or failed: then async_wait
  /// tells the error.
  one_shot_event<endpoint> listening;

  /// Stops accepting, serves what already waits to be accepted, closes idle connections, and lets each of the others
  /// finish the request it is in. A connection used within the last second gets another one, since its next request may
  /// be on its way; one that was let in and has not asked yet gets five, both no more than keep_alive_timeout.
  /// Completes when the last connection is gone. The server stays closed.
  /// Signature: `void(error_code)`. Error: operation_aborted when cancelled or when the server is dropped before.
  /// Cancellation: every kind ends the wait; the closing goes on.
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

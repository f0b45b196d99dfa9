#pragma once

#include <boost/asio/async_result.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brood/detail/token.hpp"
#include "brood/detail/waiters.hpp"
#include "brood/executor.hpp"
#include "brood/http/tls.hpp"

namespace brood::http {

namespace detail {
class client_exchange;
}

/// Limits and time-outs of a client's requests. A time of 0 means no limit; a size of 0 means a limit of 0.
struct client_options {
  /// The connection must stand in this time, name resolution included.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// The whole answer must have come in this time, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds{30};
  /// Status line and header fields of the answer together, in bytes. Node: maxHeaderSize.
  std::size_t max_header_size = 16 * 1024;
  /// The answer's body after the chunked encoding is removed, in bytes. 0: an answer with a body is an error
  /// (body_limit). No limit: SIZE_MAX.
  std::size_t max_body_size = 8 * 1024 * 1024;
  /// For https URLs: an https::client_tls (brood/https.hpp).
  client_tls_ptr tls{};
};

/// A header field that owns its text.
struct client_field {
  std::string name;
  std::string value;
};

/// What client::send() asks.
struct client_request {
  std::string method = "GET";
  /// "http://host:port/path?query". The host is a name, an IPv4 address or an IPv6 address in brackets; the port is 80
  /// unless told. Or "https://...", where client_options::tls is set; the port is 443 then.
  std::string url{};
  /// Beside those the client writes: Host (unless it is among these), Connection and Content-Length.
  std::vector<client_field> headers{};
  std::string body{};
};

/// What a server answered, whatever its status.
struct client_response {
  int status = 0;
  std::vector<client_field> headers{};  ///< in the order they came
  std::string body{};                   ///< whole, without the chunked encoding

  /// The value of the first field of that name, empty if there is none; case of the name does not matter.
  std::string_view header(std::string_view name) const noexcept;
};

/// A request under way. Dropping it lets the request run on, unheard.
/// Thread safety: that of its client.
class [[nodiscard]] client_call {
 public:
  explicit client_call(std::shared_ptr<detail::client_exchange> exchange) noexcept : exchange_(std::move(exchange)) {}

  /// Completes when the answer has come whole; soon, if it already has. It may be asked more than once.
  /// Signature: `void(error_code, client_response)`. A status such as 404 is a result, not an error. Errors:
  /// asio::error::timed_out; what resolving the name, connecting or reading came to; of boost::beast::http::error
  /// end_of_stream (the peer closed without an answer), partial_message (in the middle of it), header_limit,
  /// body_limit, and those that name what is malformed; for https what the handshake came to, as https::client_tls
  /// says; operation_aborted when cancelled. Cancellation: every kind ends the wait, and the request if nobody else
  /// waits for it.
  template <boost::asio::completion_token_for<void(boost::system::error_code, client_response)> Token =
                brood::detail::default_token>
  auto async_result(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, client_response)>(
        [keep = exchange_](auto handler) { wait(*keep, std::move(handler)); }, token);
  }

 private:
  using completion = brood::detail::waiters<client_response>::handler;
  static void wait(detail::client_exchange& exchange, completion handler);

  std::shared_ptr<detail::client_exchange> exchange_;
};

/// A small HTTP/1.1 client, for health probes and tests: each request has a connection of its own, which closes with
/// the answer. It follows no redirects, keeps no cookies and sends nothing twice.
///
///     brood::http::client client{loop};
///     auto call = client.get("http://127.0.0.1:8000/health");
///     auto answer = co_await call.async_result();
///
/// All calls start at once. They throw std::invalid_argument for what can not be sent: an URL they do not know (https
/// without client_options::tls), a method or a field that is none, and fields that the client writes itself. Requests
/// outlive their client. A status line without a reason, and without the space before it, is accepted.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class client {
 public:
  using callback = std::function<void(boost::system::error_code, client_response)>;

  explicit client(executor ex, client_options options = {}) : executor_(ex.get()), options_(std::move(options)) {}

  client_call get(std::string url) const;
  client_call post(std::string url, std::string body, std::string content_type) const;
  client_call send(client_request request) const;

  /// Node's forms: the callback gets what async_result() would.
  void get(std::string url, callback done) const;
  void send(client_request request, callback done) const;

 private:
  boost::asio::any_io_executor executor_;
  client_options options_;
};

}  // namespace brood::http

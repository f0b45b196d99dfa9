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
  /// Time limit for connecting, including name resolution.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// Time limit for the whole response, from the call on.
  std::chrono::milliseconds timeout = std::chrono::seconds{30};
  /// Status line and header fields of the response together, in bytes. Node: maxHeaderSize.
  std::size_t max_header_size = 16 * 1024;
  /// The response body after the chunked encoding is removed, in bytes. 0: a response with a body is an error
  /// (body_limit). SIZE_MAX: no limit.
  std::size_t max_body_size = 8 * 1024 * 1024;
  /// For https URLs: an https::client_tls (brood/https.hpp).
  client_tls_ptr tls{};
};

/// A header field that owns its text.
struct client_field {
  std::string name;
  std::string value;
};

/// A request for client::send().
struct client_request {
  std::string method = "GET";
  /// "http://host:port/path?query". The host is a name, an IPv4 address or an IPv6 address in brackets; the default
  /// port is 80. "https://..." needs client_options::tls; its default port is 443.
  std::string url{};
  /// Additional fields. The client writes Host (unless it is given here), Connection and Content-Length.
  std::vector<client_field> headers{};
  std::string body{};
};

/// The response of a server, with any status.
struct client_response {
  int status = 0;
  std::vector<client_field> headers{};  ///< in the order in which they arrived
  std::string body{};                   ///< complete, without the chunked encoding

  /// The value of the first field of that name, which is compared case-insensitively; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
};

/// A pending request. If this is destroyed, the request goes on and its response is dropped.
/// Thread safety: that of its client.
class [[nodiscard]] client_call {
 public:
  explicit client_call(std::shared_ptr<detail::client_exchange> exchange) noexcept : exchange_(std::move(exchange)) {}

  /// Completes when the whole response has arrived, or soon if it already has. May be called more than once.
  /// Completion signature: `void(error_code, client_response)`. A status such as 404 is a result, not an error.
  /// Errors: asio::error::timed_out; the error of name resolution, connecting or reading; of boost::beast::http::error
  /// end_of_stream (the peer closed without a response), partial_message (the peer closed in the middle of it),
  /// header_limit, body_limit, and those that name malformed input; for https the error of the handshake, see
  /// https::client_tls; operation_aborted when cancelled.
  /// Cancellation: every kind ends the wait. The request ends, too, if no other wait is pending.
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

/// A small HTTP/1.1 client for health probes and tests. Each request uses a new connection, which closes after the
/// response. It follows no redirects, keeps no cookies and never repeats a request.
///
///     brood::http::client client{loop};
///     auto call = client.get("http://127.0.0.1:8000/health");
///     auto answer = co_await call.async_result();
///
/// All calls start at once. Requests may outlive their client. A status line without a reason phrase, and without the
/// space before it, is accepted.
/// Throws: all calls throw std::invalid_argument for a request that cannot be sent: an unsupported URL (or https
/// without client_options::tls), an invalid method or field, or a field that the client writes itself.
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

  /// Node's forms. The callback is called with what async_result() completes with.
  void get(std::string url, callback done) const;
  void send(client_request request, callback done) const;

 private:
  boost::asio::any_io_executor executor_;
  client_options options_;
};

}  // namespace brood::http

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string_view>
#include <utility>

#include "brood/detail/token.hpp"
#include "brood/detail/waiters.hpp"
#include "brood/http/upgraded.hpp"
#include "brood/unique_fd.hpp"

namespace brood::http {

class response;

namespace detail {
class connection;
class handler_end;
struct departed;
departed depart(response& from);
}  // namespace detail

/// A part of a file; by default all of it.
struct file_range {
  std::uint64_t offset = 0;
  std::uint64_t size = UINT64_MAX;  ///< at most the rest of the file
};

/// The response to one request. The connection serves no other request until the response has ended.
///
/// The handler receives it by reference and may end it before it returns. To respond later, keep a copy:
///
///     [&](const auto& request, auto& response) {
///       timer.async_wait([later = response.defer()](error_code) mutable { later.end("done\n"); });
///     }
///
/// Copies refer to the same response. They stay valid when the connection is lost or the server is destroyed. Then, and
/// after end(), every call has no effect and returns false. If no one ends the response, it is answered with 500 after
/// the handler has returned and the last copy is destroyed.
///
/// The server writes Content-Length, Transfer-Encoding, Connection and Date. HEAD requests and the statuses 204 and 304
/// get a head only: their body is dropped, but counts as the Content-Length of HEAD.
///
/// Thread safety: none of its own. Use it and its copies on the server's executor, which runs one handler at a time: an
/// io_context run by one thread, or a strand. From another thread, post to that executor.
class response {
 public:
  response(const response& other) noexcept;
  response(response&& other) noexcept;
  response& operator=(response other) noexcept;
  ~response();

  /// Returns a copy. The response stays open until a copy ends it or the last copy is destroyed.
  [[nodiscard]] response defer() const { return *this; }

  /// False after the response has ended or its connection is lost.
  bool open() const noexcept;

  /// Sets the status: 200 to 999, by default 200. No effect after the head was sent.
  /// Throws: std::out_of_range for other values.
  response& status(int code);
  /// Sets a field and replaces those of the same name, as Node's setHeader. No effect after the head was sent.
  /// Throws: std::invalid_argument if the name is not a token or the value contains CR, LF or NUL (RFC 9110, 5.5); for
  /// Content-Length and Transfer-Encoding; for a value of Connection other than `close`.
  response& header(std::string_view name, std::string_view value);
  /// Adds a field even if there is one of the same name, as Node's appendHeader: for Set-Cookie.
  response& append_header(std::string_view name, std::string_view value);

  /// Sends a part of the body; the first part sends the head, too. HTTP/1.1 peers receive it chunked; for HTTP/1.0
  /// peers the connection closes at the end. The bytes are copied or sent before the call returns.
  /// Returns: false if more than 64 KiB are queued for a slow peer, or if the response is not open. Further writes lose
  /// nothing but use memory: wait for async_drained() first.
  bool write(std::string_view piece);

  /// Completes when write() would return true again, or soon if it would now. Must not be called on a moved-from
  /// response.
  /// Completion signature: `void(error_code)`.
  /// Errors: asio::error::not_connected if the response is no longer open; operation_aborted when cancelled.
  /// Cancellation: every kind ends the wait and has no other effect.
  template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = brood::detail::default_token>
  auto async_drained(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [keep = *this](auto handler) { keep.wait_drained(std::move(handler)); }, token);
  }

  /// Ends the response. If nothing was written before, `body` is the whole body and its length is sent.
  /// Returns: false if the response was not open.
  bool end(std::string_view body = {});

  /// Ends the response with a value as JSON text. Sets Content-Type to application/json. For another media type, such
  /// as application/problem+json, use header() and end(boost::json::serialize(value)).
  /// Returns: false if the response was not open.
  bool json(const boost::json::value& value);

  /// Ends the response with a part of a file. The kernel sends it from its cache (sendfile(2)); reading from disk may
  /// block the loop. If the file becomes shorter meanwhile, the connection is closed. static_files adds the header
  /// fields that browsers expect.
  /// Returns: false if the response was not open.
  /// Throws: boost::system::system_error: asio::error::invalid_argument if it is not a regular file, if the range
  /// begins after its end, or if a part of the body was written before; the error of fstat(2).
  bool send_file(unique_fd file, file_range range = {});

  /// Returns the connection for use with another protocol. Nothing has been sent: the new owner of the socket responds
  /// to the upgrade, or has accepted it by the protocol's own means. request::upgrade() returns the requested protocol.
  /// The response is no longer open; the request stays valid as before. The server does not count the connection any
  /// more, and async_close() does not wait for it: call this_worker::hold() to keep a worker connected until the
  /// connection closes.
  /// Throws: boost::system::system_error: asio::error::not_connected if the response is not open;
  /// asio::error::already_started if it has begun, or a streamed body is being read; asio::error::would_block if
  /// earlier responses are still queued, for a peer that pipelines and does not read;
  /// asio::error::operation_not_supported over TLS (see https::upgrade()). The response is unchanged then.
  upgraded upgrade();

 private:
  friend class detail::connection;
  friend class detail::handler_end;
  friend detail::departed detail::depart(response& from);
  explicit response(detail::connection& c) noexcept : connection_(&c) {}
  void wait_drained(brood::detail::waiters<>::handler handler) const;

  detail::connection* connection_;  // kept alive by copies; the handler's response is a member of it
  std::uint64_t number_ = 0;        // the number of the request on this connection
  bool copy_ = false;
};

}  // namespace brood::http

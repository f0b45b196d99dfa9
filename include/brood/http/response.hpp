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

/// A part of a file; all of it unless told.
struct file_range {
  std::uint64_t offset = 0;
  std::uint64_t size = UINT64_MAX;  ///< no more than there is
};

/// The answer to one request. Until it ends, the connection serves nothing else.
///
/// The handler gets it by reference and may end it before it returns. To answer later, keep a copy:
///
///     [&](const auto& request, auto& response) {
///       timer.async_wait([later = response.defer()](error_code) mutable { later.end("done\n"); });
///     }
///
/// Copies speak of the same answer. They stay valid when the connection is lost meanwhile, or the server is gone: then
/// and after end(), every call does nothing and returns false. A response that nobody ended is answered with 500 as
/// soon as the handler has returned and the last copy is gone.
///
/// Content-Length, Transfer-Encoding, Connection and Date are written by the server. HEAD requests and the statuses
/// 204 and 304 get a head only; what is written as their body is dropped, but counts as the Content-Length of HEAD.
///
/// Thread safety: none of its own. Use it and its copies on the server's executor, which runs one handler at a time: an
/// io_context run by one thread, or a strand. Another thread posts there what it wants to answer.
class response {
 public:
  response(const response& other) noexcept;
  response(response&& other) noexcept;
  response& operator=(response other) noexcept;
  ~response();

  /// A copy: the answer stays open until it, and every other copy, has ended it or is gone.
  [[nodiscard]] response defer() const { return *this; }

  /// False once the response has ended or its connection is lost.
  bool open() const noexcept;

  /// 200 to 999; 200 unless called. Throws std::out_of_range for others. Nothing happens once the head is on its way.
  response& status(int code);
  /// Sets a field, replacing those of the same name, as Node's setHeader. Throws std::invalid_argument if the name is
  /// no token or the value holds CR, LF or NUL (RFC 9110, 5.5), and for Content-Length and Transfer-Encoding.
  /// `Connection: close` is honoured, other values of Connection throw. Nothing happens once the head is on its way.
  response& header(std::string_view name, std::string_view value);
  /// Adds a field even if there is one of that name, as Node's appendHeader: for Set-Cookie.
  response& append_header(std::string_view name, std::string_view value);

  /// Sends a piece of the body; the first one sends the head. HTTP/1.1 peers get it chunked, HTTP/1.0 peers until the
  /// connection closes. The bytes are copied or sent before it returns.
  /// False: more than 64 KiB wait for a slow peer, or the response is not open. Nothing is lost by going on, but
  /// memory grows: async_drained() tells when it is time to.
  bool write(std::string_view piece);

  /// Completes when write() would return true again; soon, if it would now. Not for one that was moved from.
  /// Signature: `void(error_code)`. Error: asio::error::not_connected when the response is not open any more;
  /// operation_aborted when cancelled. Cancellation: every kind ends the wait and nothing else.
  template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = brood::detail::default_token>
  auto async_drained(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [keep = *this](auto handler) { keep.wait_drained(std::move(handler)); }, token);
  }

  /// Ends the response; if nothing was written before, `body` is all of it and its length is told to the peer.
  /// False if the response was not open.
  bool end(std::string_view body = {});

  /// Ends the response with a value as JSON text. Sets Content-Type to application/json; Content-Length is written as
  /// by end(). For another media type, such as application/problem+json, use header() and
  /// end(boost::json::serialize(value)). False if the response was not open.
  bool json(const boost::json::value& value);

  /// Ends the response with bytes of a file, which the kernel sends from its cache as fast as the peer takes them
  /// (sendfile(2)); reading the disk may hold up the loop. A file that gets shorter meanwhile ends the connection.
  /// static_files adds what browsers expect.
  /// False if the response was not open. Throws boost::system::system_error: asio::error::invalid_argument for what is
  /// no regular file, begins behind its end, or if a part of the body was written before; what fstat(2) says.
  bool send_file(unique_fd file, file_range range = {});

  /// Takes the connection away from the server, for another protocol: nothing has been answered, and the new owner of
  /// the socket does so, or has accepted the upgrade by the protocol's own means. request::upgrade() tells what the
  /// peer asks for. From here on the response is not open; the request stays valid as before. The server counts the
  /// connection no more: async_close() does not wait for it, and a cluster's worker that shall is held by
  /// this_worker::hold().
  /// Throws boost::system::system_error: asio::error::not_connected if the response is not open;
  /// asio::error::already_started if it has begun, or a streamed body is being read; asio::error::would_block if
  /// earlier answers have not left yet, for a peer that pipelines and does not read;
  /// asio::error::operation_not_supported over TLS, where https::upgrade() does it. The response stays as it was then.
  upgraded upgrade();

 private:
  friend class detail::connection;
  friend class detail::handler_end;
  friend detail::departed detail::depart(response& from);
  explicit response(detail::connection& c) noexcept : connection_(&c) {}
  void wait_drained(brood::detail::waiters<>::handler handler) const;

  detail::connection* connection_;  // kept alive by copies; the connection's own object is part of it
  std::uint64_t number_ = 0;        // which request of the connection's life this answers
  bool copy_ = false;
};

}  // namespace brood::http

#pragma once

#include <boost/asio/async_result.hpp>
#include <cstdint>
#include <string_view>
#include <utility>

#include "brood/detail/token.hpp"
#include "brood/detail/waiters.hpp"

namespace brood::http {

namespace detail {
class connection;
}

/// The body of a request, as it comes: what a handler of three parameters gets. Nothing is read from the peer but what
/// is asked for here, so a slow handler slows its peer down. Valid as long as the request is.
///
/// A peer that waits to be told to go on (Expect: 100-continue) is told so by the first read; a handler that answers
/// without reading spares it the upload. What of the body is unread when the response ends is not waited for: if it has
/// not come yet, the connection closes after the answer.
///
/// Limits hold for a streamed body too: what exceeds server_options::max_body_size, takes longer than request_timeout
/// or is malformed ends the reading with an error, and is answered with 413, 408 or 400 unless the response has begun.
///
/// Thread safety: none of its own. Use it where its response may be used: on the server's executor.
class request_body {
 public:
  request_body& operator=(const request_body&) = delete;
  ~request_body();

  /// The next piece, without the chunked encoding, as large as it happens to come; empty at the end of the body, and
  /// from then on. It is valid until the next read or the end of the response. One read at a time.
  /// Signature: `void(error_code, std::string_view)`. Errors: errc::message_too_large; errc::protocol_error;
  /// asio::error::timed_out; asio::error::eof if the peer has ended before its body; asio::error::not_connected if the
  /// response is not open any more; operation_aborted when cancelled.
  /// Cancellation: every kind ends the wait and loses nothing.
  /// Lifetime: a deferred read may be kept, and started, after the request is gone; it completes with not_connected
  /// then.
  template <boost::asio::completion_token_for<void(boost::system::error_code, std::string_view)> Token =
                brood::detail::default_token>
  auto async_read(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::string_view)>(
        [keep = *this](auto handler) { keep.read(std::move(handler)); }, token);
  }

 private:
  friend class detail::connection;
  explicit request_body(detail::connection& c) noexcept : connection_(&c) {}
  /// For operations: a copy keeps the connection's memory, which would be another connection's otherwise.
  request_body(const request_body& other) noexcept;
  void read(brood::detail::waiters<std::string_view>::handler handler) const;

  detail::connection* connection_;
  std::uint64_t number_ = 0;  // which request of the connection's life this is the body of
  bool copy_ = false;
};

}  // namespace brood::http

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

/// The body of a request while it arrives, for a handler with three parameters. The connection is read only on demand,
/// so a slow handler slows its peer down. Valid as long as the request.
///
/// If the peer expects it, the first read sends "100 Continue". A handler that responds without reading saves the peer
/// the upload. The connection does not wait for an unread body when the response ends: it closes after the response,
/// unless the body has arrived already.
///
/// The limits also apply to a streamed body. A body that exceeds server_options::max_body_size, takes longer than
/// request_timeout or is malformed ends the read with an error. The response is 413, 408 or 400 unless it has begun.
///
/// Thread safety: none of its own. Use it on the executor of its server, as the response.
class request_body {
 public:
  request_body& operator=(const request_body&) = delete;
  ~request_body();

  /// Reads the next part of the body, of any size, without the chunked encoding. It is empty at the end of the body and
  /// from then on. It is valid until the next read or the end of the response. At most one read may be pending.
  /// Completion signature: `void(error_code, std::string_view)`.
  /// Errors: errc::message_too_large; errc::protocol_error; asio::error::timed_out; asio::error::eof if the peer closed
  /// before the end of the body; asio::error::not_connected if the response is no longer open; operation_aborted when
  /// cancelled.
  /// Cancellation: every kind ends the wait. No data is lost.
  ///
  /// Lifetime: a deferred read may be kept, and started after the request has ended. It completes with not_connected
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
  /// For pending operations: a copy keeps the connection's memory from being reused for another connection.
  request_body(const request_body& other) noexcept;
  void read(brood::detail::waiters<std::string_view>::handler handler) const;

  detail::connection* connection_;
  std::uint64_t number_ = 0;  // the number of the request on this connection
  bool copy_ = false;
};

}  // namespace brood::http

#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

#include "brood/detail/access.hpp"
#include "brood/message.hpp"

namespace brood {

namespace detail::ipc {
struct endpoint;
}

/// A request from the peer's async_request(), which waits for the response. Answer it once, now or later; requests may
/// be answered in any order. A request that is destroyed without an answer is answered with an error.
class request {
 public:
  request(request&& other) noexcept;
  request& operator=(request&& other) noexcept;
  ~request();

  /// The content of the request.
  brood::message& content() noexcept { return content_; }
  const boost::json::value& body() const noexcept { return content_.body; }

  /// Sends the response.
  /// Returns: as message_sender::send(): false if the channel is closed, or if much is queued.
  /// Throws: std::logic_error if the request was answered before; boost::system::system_error with
  /// errc::not_serializable as send() does, and then the request can still be answered.
  bool answer(const boost::json::value& body);
  template <value_like T>
  bool answer(const T& body) {
    return answer_value(body);
  }
  /// Answers with an error: the peer's async_request() completes with errc::request_failed and this text. Returns and
  /// throws as answer().
  bool fail(std::string_view text);

 private:
  friend detail::access;
  request(std::weak_ptr<detail::ipc::endpoint> from, std::uint64_t id, brood::message content);

  bool answer_value(const value& body);
  template <class Body>
  bool reply(const Body& envelope);
  std::uint64_t open_id() const;
  void drop() noexcept;

  std::weak_ptr<detail::ipc::endpoint> from_;
  std::uint64_t id_ = 0;  // 0 after it was answered
  brood::message content_;
};

}  // namespace brood

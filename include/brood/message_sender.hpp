#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "brood/detail/loop_entry.hpp"
#include "brood/detail/token.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/message.hpp"
#include "brood/request.hpp"

namespace brood {

namespace detail::ipc {
struct endpoint;
}

namespace detail {
/// A completion token of the send operations. An attachment passed in its place is not one.
template <class T>
concept send_token =
    !std::same_as<std::remove_cvref_t<T>, attachment> && boost::asio::completion_token_for<T, void(error_code)>;
template <class T>
concept answer_token = boost::asio::completion_token_for<T, void(error_code, message)>;
}  // namespace detail

/// The sending side of a message channel: of a child_process, a parent_channel, a cluster's worker.
///
/// Messages are written in the order in which they were sent, and all of them before the channel closes properly. A
/// handle must be a socket or a pipe. For anything else send() throws boost::system::system_error with
/// errc::invalid_handle, as Node does (ERR_INVALID_HANDLE_TYPE), and asynchronous calls complete with that error. A
/// socket is switched to non-blocking mode in both processes, because they share the mode and Node would block on it.
///
/// To a Node peer, messages after one with a handle wait until the peer has accepted the handle. A handle that the
/// peer cannot accept, for example because it has no free descriptor, is sent up to four times, as Node does. To a
/// brood peer it is sent until it is accepted, and other messages overtake it.
class message_sender {
 public:
  /// Queues a message.
  /// Returns: false if 128 KiB or more are queued (this message is queued nevertheless; see async_drained), or if the
  /// channel is closed (the message and its handle are dropped then). If 512 MiB are queued, the peer has stopped
  /// reading: the channel is closed with errc::message_too_large.
  /// Throws: boost::system::system_error with errc::not_serializable if the value is nested deeper than 3,000 levels.
  bool send(const boost::json::value& body, attachment handle = {});
  /// The same with a brood::value, or one of its kinds. The advanced serialization sends all of it, json what
  /// JSON.stringify makes of it.
  /// Throws: boost::system::system_error with errc::not_serializable if the serialization cannot represent it: in json
  /// a cycle or a BigInt; in both a value nested deeper than 3,000 levels.
  template <value_like T>
  bool send(const T& body, attachment handle = {}) {
    return send_value(body, std::move(handle));
  }
  /// The same for a message that is JSON text already.
  /// Throws: boost::system::system_error with errc::not_serializable if it is not valid JSON.
  bool send_json(std::string_view text);

  /// Sends, and completes when the kernel has the whole message: it is not lost if this process ends now.
  /// Completion signature: `void(error_code)`.
  /// Errors: errc::channel_closed if the channel was closed before, or the error that it was closed with;
  /// errc::invalid_handle for a handle that cannot be sent; errc::not_serializable as send().
  /// Cancellation: every kind ends the wait. The message is still sent.
  template <detail::send_token Token = detail::default_token>
  auto async_send(boost::json::value body, attachment handle, Token&& token = Token{}) & {
    return initiate_send(std::move(body), std::move(handle), std::forward<Token>(token));
  }
  template <detail::send_token Token = detail::default_token>
  auto async_send(boost::json::value body, Token&& token = Token{}) & {
    return initiate_send(std::move(body), attachment(), std::forward<Token>(token));
  }
  template <value_like T, detail::send_token Token = detail::default_token>
  auto async_send(T body, attachment handle, Token&& token = Token{}) & {
    return initiate_send(value(std::move(body)), std::move(handle), std::forward<Token>(token));
  }
  template <value_like T, detail::send_token Token = detail::default_token>
  auto async_send(T body, Token&& token = Token{}) & {
    return initiate_send(value(std::move(body)), attachment(), std::forward<Token>(token));
  }

  /// Sends a message with a handle, and completes when the peer has accepted the handle.
  /// Completion signature: `void(error_code)`.
  /// Errors: errc::handle_refused if the peer did not accept it; errc::channel_closed if the channel closed before the
  /// peer replied; errc::invalid_handle for an empty handle or one that cannot be sent; errc::not_serializable as
  /// send().
  /// Cancellation: as async_send.
  template <detail::send_token Token = detail::default_token>
  auto async_send_handle(boost::json::value body, attachment handle, Token&& token = Token{}) & {
    return initiate_acked(std::move(body), std::move(handle), std::forward<Token>(token));
  }
  template <value_like T, detail::send_token Token = detail::default_token>
  auto async_send_handle(T body, attachment handle, Token&& token = Token{}) & {
    return initiate_acked(value(std::move(body)), std::move(handle), std::forward<Token>(token));
  }

  /// Sends a request and completes with the peer's response. A brood peer reads message_sender::requests; a Node peer
  /// needs the ten lines of docs/channel.md. Any number of requests may be pending in both directions, and responses
  /// may arrive in any order. Without a `timeout`, or with 0, the wait is unlimited. A pending request keeps the loop's
  /// run() from returning.
  /// Completion signature: `void(error_code, message)`.
  /// Errors: errc::request_failed if the peer answered with an error, whose text is the message's body;
  /// asio::error::timed_out; asio::error::invalid_argument for a negative time-out; errc::channel_closed, or the reason
  /// why the channel was closed; errc::not_serializable as send(). With use_awaitable alone the text of an error is
  /// lost: use as_tuple(use_awaitable).
  /// Cancellation: every kind ends the wait. The peer is not notified, and its response is dropped.
  template <detail::answer_token Token = detail::default_token>
  auto async_request(boost::json::value body, std::chrono::milliseconds timeout, Token&& token = Token{}) & {
    return initiate_request(std::move(body), timeout, std::forward<Token>(token));
  }
  template <detail::answer_token Token = detail::default_token>
  auto async_request(boost::json::value body, Token&& token = Token{}) & {
    return initiate_request(std::move(body), std::chrono::milliseconds(0), std::forward<Token>(token));
  }
  template <value_like T, detail::answer_token Token = detail::default_token>
  auto async_request(T body, std::chrono::milliseconds timeout, Token&& token = Token{}) & {
    return initiate_request(value(std::move(body)), timeout, std::forward<Token>(token));
  }
  template <value_like T, detail::answer_token Token = detail::default_token>
  auto async_request(T body, Token&& token = Token{}) & {
    return initiate_request(value(std::move(body)), std::chrono::milliseconds(0), std::forward<Token>(token));
  }

  /// Requests from the peer's async_request(). If nothing has ever read them here, each request is answered with an
  /// error: "this process does not answer requests". Requests are not among the messages.
  inbox<request> requests;

  /// Completes when fewer than 128 KiB are queued, or soon if that is so already.
  /// Completion signature: `void(error_code)`.
  /// Errors: errc::channel_closed if the channel is closed first.
  /// Cancellation: every kind ends the wait and has no other effect.
  template <detail::send_token Token = detail::default_token>
  auto async_drained(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [keep = endpoint_](auto h) { wait_drained(keep, std::move(h)); }, token);
  }

 protected:
  explicit message_sender(std::shared_ptr<detail::ipc::endpoint> through);
  ~message_sender() = default;
  message_sender(const message_sender&) = default;
  message_sender(message_sender&&) noexcept = default;
  message_sender& operator=(const message_sender&) = delete;  // each handle has its own: detail::replace

  /// Must be held during a call that may end the channel.
  detail::loop_entry enter() const { return endpoint_.enter(); }
  const std::shared_ptr<detail::ipc::endpoint>& endpoint() const noexcept { return endpoint_.unguarded(); }

 private:
  using handler = boost::asio::any_completion_handler<void(error_code)>;
  using answer_handler = boost::asio::any_completion_handler<void(error_code, message)>;
  using endpoint_ptr = detail::state_ptr<detail::ipc::endpoint>;

  template <class Body, class Token>
  auto initiate_send(Body body, attachment handle, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [keep = endpoint_](auto h, const Body& b, attachment a) { start_send(keep, b, std::move(a), std::move(h)); },
        token, std::move(body), std::move(handle));
  }
  template <class Body, class Token>
  auto initiate_acked(Body body, attachment handle, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [keep = endpoint_](auto h, const Body& b, attachment a) { start_acked(keep, b, std::move(a), std::move(h)); },
        token, std::move(body), std::move(handle));
  }

  template <class Body, class Token>
  auto initiate_request(Body body, std::chrono::milliseconds timeout, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, message)>(
        [keep = endpoint_](auto h, Body b, std::chrono::milliseconds t) {
          start_request(keep, std::move(b), t, std::move(h));
        },
        token, std::move(body), timeout);
  }

  bool send_value(const value& body, attachment handle);
  static void start_send(const endpoint_ptr& to, const boost::json::value& body, attachment handle, handler h);
  static void start_send(const endpoint_ptr& to, const value& body, attachment handle, handler h);
  static void start_acked(const endpoint_ptr& to, const boost::json::value& body, attachment handle, handler h);
  static void start_acked(const endpoint_ptr& to, const value& body, attachment handle, handler h);
  static void start_request(const endpoint_ptr& to, boost::json::value body, std::chrono::milliseconds timeout,
                            answer_handler h);
  static void start_request(const endpoint_ptr& to, value body, std::chrono::milliseconds timeout, answer_handler h);
  static void wait_drained(const endpoint_ptr& to, handler h);

  endpoint_ptr endpoint_;
};

}  // namespace brood

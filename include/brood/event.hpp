#pragma once

#include <boost/asio/async_result.hpp>
#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>

#include "brood/detail/access.hpp"
#include "brood/detail/event_state.hpp"
#include "brood/detail/token.hpp"
#include "brood/subscription.hpp"

/// The three kinds of events, told apart by what they remember.
///
/// Listeners run on the executor of the object that the event belongs to, in the order in which they were added. A
/// listener never runs inside a call of the program: what a call causes is emitted afterwards, from the loop. If an
/// exception leaves a listener, the other listeners are still called and the exception leaves the loop's run() soon
/// after, as with any Asio handler; run() may then be called again.
///
/// Listeners belong to the handle: when the handle (a child_process, a server, an acceptor ...) is dropped, its
/// listeners are not called any more. Operations that wait (`async_wait`, `async_next`) still complete.
///
/// Events cannot be assigned. A copy speaks of the same event.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
namespace brood {

/// An event that happens at most once and is remembered: a listener that is added late is still called. For `exited`,
/// `disconnected` and the like.
template <class... Results>
class one_shot_event {
 public:
  one_shot_event(const one_shot_event&) noexcept = default;
  one_shot_event& operator=(const one_shot_event&) = delete;

  /// Calls `f(results...)` when the event happens; soon, if it already has.
  template <std::invocable<const Results&...> Function>
  subscription on(Function f) const {
    return detail::access::make<subscription>(state_->listen_for_program(std::move(f)));
  }

  bool happened() const noexcept { return state_->happened(); }
  /// The error of the event, if it has one: why it failed, or why it cannot happen any more.
  boost::system::error_code error() const noexcept { return state_->error(); }

  /// The result, or nullptr while the event has not happened. It points into the event, which owns it.
  auto value() const noexcept requires(sizeof...(Results) == 1) {
    auto* results = state_->results();
    return results != nullptr ? &std::get<0>(*results) : nullptr;
  }

  /// Completes when the event happens; soon, if it already has.
  /// Completion signature: `void(error_code, Results...)`.
  /// Errors: what the event itself says; operation_aborted when cancelled, or if the event cannot happen any more and
  /// has no error of its own.
  /// Cancellation: every kind ends the wait and nothing else.
  template <
      boost::asio::completion_token_for<void(boost::system::error_code, Results...)> Token = detail::default_token>
  auto async_wait(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, Results...)>(
        [keep = state_](auto handler) { keep->wait(std::move(handler)); }, token);
  }
  template <class Token = detail::default_token>
  void async_wait(Token&& = Token{}) && {
    static_assert(detail::never<Token>,
                  "name the object first: `auto child = brood::spawn(...); "
                  "co_await child.exited.async_wait();`");
  }

 private:
  friend detail::access;
  explicit one_shot_event(std::shared_ptr<detail::one_shot_state<Results...>> s) noexcept : state_(std::move(s)) {}

  std::shared_ptr<detail::one_shot_state<Results...>> state_;
};

/// A queue: each value goes to exactly one reader and is kept until it is read. When no more values can come, the
/// queue ends. The source is stopped while the queue is full. Read it with `async_next` or with `on`, not with both at
/// once.
template <class T>
class inbox {
 public:
  inbox(const inbox&) noexcept = default;
  inbox& operator=(const inbox&) = delete;

  /// Calls `f(value)` for each value from now on, beginning with those that are queued. A second call replaces the
  /// first listener.
  template <std::invocable<T> Function>
  subscription on(Function f) const {
    return detail::access::make<subscription>(state_->listen(std::move(f)));
  }

  /// Takes the next value.
  /// Completion signature: `void(error_code, std::optional<T>)`; an empty optional is the end, which is no error.
  /// Errors: operation_aborted when cancelled.
  /// Cancellation: every kind; no value is lost by it.
  template <boost::asio::completion_token_for<void(boost::system::error_code, std::optional<T>)> Token =
                detail::default_token>
  auto async_next(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::optional<T>)>(
        [keep = state_](auto handler) { keep->next(std::move(handler)); }, token);
  }
  template <class Token = detail::default_token>
  void async_next(Token&& = Token{}) && {
    static_assert(detail::never<Token>,
                  "name the object first: `auto kid = brood::fork(...); "
                  "co_await kid.messages.async_next();`");
  }

  /// Takes the next value if there is one within `limit`. Unlike `async_next(...) || timer.async_wait(...)`, which may
  /// lose a value that comes together with the time-out, this loses none.
  /// Completion signature: `void(error_code, std::optional<T>)`; an empty optional without an error is the end.
  /// Errors: asio::error::timed_out if no value came in time; operation_aborted when cancelled.
  /// Cancellation: every kind; no value is lost by it.
  template <boost::asio::completion_token_for<void(boost::system::error_code, std::optional<T>)> Token =
                detail::default_token>
  auto async_next_within(std::chrono::milliseconds limit, Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::optional<T>)>(
        [keep = state_](auto handler, std::chrono::milliseconds time) { keep->next(std::move(handler), time); }, token,
        limit);
  }

 private:
  friend detail::access;
  explicit inbox(std::shared_ptr<detail::inbox_state<T>> s) noexcept : state_(std::move(s)) {}

  std::shared_ptr<detail::inbox_state<T>> state_;
};

/// An event that happens any number of times. Every listener is called; nothing is kept for later listeners.
template <class... Args>
class event {
 public:
  event(const event&) noexcept = default;
  event& operator=(const event&) = delete;

  /// Calls `f(args...)` each time.
  template <std::invocable<const Args&...> Function>
  subscription on(Function f) const {
    return detail::access::make<subscription>(state_->add(std::move(f), detail::audience::program));
  }

 private:
  friend detail::access;
  explicit event(std::shared_ptr<detail::listeners<Args...>> s) noexcept : state_(std::move(s)) {}

  std::shared_ptr<detail::listeners<Args...>> state_;
};

namespace detail {

/// The event that a program sees of its memory.
template <class... Results>
one_shot_event<Results...> event_of(std::shared_ptr<one_shot_state<Results...>> state) {
  return access::make<one_shot_event<Results...>>(std::move(state));
}
template <class T>
inbox<T> event_of(std::shared_ptr<inbox_state<T>> state) {
  return access::make<inbox<T>>(std::move(state));
}
template <class... Args>
event<Args...> event_of(std::shared_ptr<listeners<Args...>> state) {
  return access::make<event<Args...>>(std::move(state));
}

}  // namespace detail

}  // namespace brood

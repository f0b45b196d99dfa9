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

/// The three kinds of events. They differ in what they remember.
///
/// Listeners run on the executor of the object that the event belongs to, in the order in which they were added. A
/// listener never runs inside a call of the program: an event that a call causes is emitted later, from the loop. If a
/// listener throws, the other listeners are still called. The exception leaves the loop's run() soon after, as with any
/// Asio handler; run() may then be called again.
///
/// Listeners belong to the handle: when the handle (a child_process, a server, an acceptor ...) is destroyed, its
/// listeners are not called any more. Pending operations (`async_wait`, `async_next`) still complete.
///
/// Events cannot be assigned. A copy refers to the same event.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
namespace brood {

/// An event that happens at most once and is remembered: a listener that is added afterwards is still called. `exited`
/// and `disconnected` are such events.
template <class... Results>
class one_shot_event {
 public:
  one_shot_event(const one_shot_event&) noexcept = default;
  one_shot_event& operator=(const one_shot_event&) = delete;

  /// Calls `f(results...)` when the event happens, or soon if it already has.
  template <std::invocable<const Results&...> Function>
  subscription on(Function f) const {
    return detail::access::make<subscription>(state_->listen_for_program(std::move(f)));
  }

  bool happened() const noexcept { return state_->happened(); }
  /// The error of the event, if any: why it failed, or why it can no longer happen.
  boost::system::error_code error() const noexcept { return state_->error(); }

  /// The result, or nullptr until the event happens. The pointer refers to an object inside the event.
  auto value() const noexcept requires(sizeof...(Results) == 1) {
    auto* results = state_->results();
    return results != nullptr ? &std::get<0>(*results) : nullptr;
  }

  /// Completes when the event happens, or soon if it already has.
  /// Completion signature: `void(error_code, Results...)`.
  /// Errors: the error of the event itself; operation_aborted when cancelled, or if the event can no longer happen and
  /// has no error of its own.
  /// Cancellation: every kind ends the wait and has no other effect.
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

/// A queue. Each value goes to exactly one reader and is kept until it is read. The queue ends when no more values can
/// come. While the queue is full, its source is paused. Read it with `async_next` or with `on`, but not with both at
/// once.
template <class T>
class inbox {
 public:
  inbox(const inbox&) noexcept = default;
  inbox& operator=(const inbox&) = delete;

  /// Calls `f(value)` for each value from now on, beginning with the queued ones. A second call replaces the first
  /// listener.
  template <std::invocable<T> Function>
  subscription on(Function f) const {
    return detail::access::make<subscription>(state_->listen(std::move(f)));
  }

  /// Takes the next value.
  /// Completion signature: `void(error_code, std::optional<T>)`. An empty optional means the end of the queue, which is
  /// not an error.
  /// Errors: operation_aborted when cancelled.
  /// Cancellation: every kind. No value is lost.
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

  /// Takes the next value if one arrives within `limit`. No value is lost, unlike with `async_next(...) ||
  /// timer.async_wait(...)`, which may lose a value that arrives together with the time-out.
  /// Completion signature: `void(error_code, std::optional<T>)`. An empty optional without an error means the end.
  /// Errors: asio::error::timed_out if no value came in time; operation_aborted when cancelled.
  /// Cancellation: every kind. No value is lost.
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

/// An event that happens any number of times. Every listener is called. Nothing is kept for listeners that are added
/// later.
template <class... Args>
class event {
 public:
  event(const event&) noexcept = default;
  event& operator=(const event&) = delete;

  /// Calls `f(args...)` each time the event happens.
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

/// Makes the public event of an internal state.
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

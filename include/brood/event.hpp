#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>

#include "brood/detail/event_state.hpp"
#include "brood/subscription.hpp"

/// The three kinds of events, told apart by what they remember. Their listeners run on the loop of the object they
/// belong to, in the order they subscribed, never inside the call that started the operation. An exception that
/// leaves a listener leaves the loop's run() soon, as with any Asio handler; it keeps no other listener from hearing,
/// and run() may be called again.
namespace brood {

/// Happens at most once and is remembered: who asks late still learns of it. For `exited`, `disconnected` and the
/// like. A cheap handle on shared state; copies speak of the same event.
template <class... Results>
class milestone {
 public:
  using state = detail::milestone_state<Results...>;
  explicit milestone(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

  /// Calls `f(results...)` when it happens; soon, if it already has.
  template <std::invocable<const Results&...> Function>
  subscription on(Function f) const {
    return subscription{state_->listen(std::move(f))};
  }

  bool reached() const noexcept { return state_->reached(); }
  /// What went wrong with it, if something did; none while it has not happened.
  boost::system::error_code error() const noexcept { return state_->error(); }

  /// The result, or nullptr while it has not happened. Points into the event, which owns it.
  auto value() const noexcept requires(sizeof...(Results) == 1) {
    auto* results = state_->results();
    return results != nullptr ? &std::get<0>(*results) : nullptr;
  }

  /// Completes when it happens; soon, if it already has.
  /// Signature: `void(error_code, Results...)`. Error: operation_aborted when cancelled or when it can not happen any
  /// more; else what the event itself says. Cancellation: every kind ends the wait and nothing else.
  template <class Token = boost::asio::deferred_t>
  auto async_wait(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, Results...)>(
        [keep = state_](auto handler) { keep->wait(std::move(handler)); }, token);
  }

 private:
  std::shared_ptr<state> state_;
};

/// A queue: each value goes to exactly one reader and is kept until read; then, when no more can come, it ends. The
/// source is stopped while the inbox is full. Read it with `async_next` or with `on`, not with both at once.
template <class T>
class inbox {
 public:
  using state = detail::inbox_state<T>;
  explicit inbox(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

  /// Calls `f(value)` for each value from here on, those that wait already first. A second call replaces the first.
  template <std::invocable<T> Function>
  subscription on(Function f) const {
    return subscription{state_->listen(std::move(f))};
  }

  /// Takes the next value. Signature: `void(error_code, std::optional<T>)`; an empty optional is the end, and not an
  /// error. Error: operation_aborted when cancelled. Cancellation: every kind; no value is lost by it.
  template <class Token = boost::asio::deferred_t>
  auto async_next(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::optional<T>)>(
        [keep = state_](auto handler) { keep->next(std::move(handler)); }, token);
  }

 private:
  std::shared_ptr<state> state_;
};

/// Happens any number of times. Every listener hears it, nobody keeps it.
template <class... Args>
class event {
 public:
  using state = detail::listeners<Args...>;
  explicit event(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

  /// Calls `f(args...)` each time.
  template <std::invocable<const Args&...> Function>
  subscription on(Function f) const {
    return subscription{state_->add(std::move(f))};
  }

 private:
  std::shared_ptr<state> state_;
};

}  // namespace brood

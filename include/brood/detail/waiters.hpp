#pragma once

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <iterator>
#include <list>
#include <memory>
#include <type_traits>
#include <utility>

#include "brood/detail/loop_end.hpp"
#include "brood/detail/loop_entry.hpp"
#include "brood/detail/time_limit.hpp"

namespace brood::detail {

namespace asio = boost::asio;

/// The value that a handler gets if there is no result: an empty object, or a socket that is not open.
template <class Result>
Result no_result([[maybe_unused]] const asio::any_io_executor& ex) {
  if constexpr (std::is_default_constructible_v<Result>) {
    return Result{};
  } else {
    return Result(ex);
  }
}

/// Completion handlers that wait for the same event, in order. Each completes exactly once: with a result, or with
/// operation_aborted if its cancellation slot is triggered or this object is destroyed first. If the loop is destroyed
/// first, the handler is destroyed with it.
///
/// Handlers are posted, never called from inside a member function. While a handler waits it counts as work of its
/// associated executor, as the handlers of Asio's own operations do.
template <class... Results>
class waiters final : loop_end::member {
 public:
  using handler = asio::any_completion_handler<void(boost::system::error_code, Results...)>;

  explicit waiters(asio::any_io_executor ex) : executor_(std::move(ex)) {}
  ~waiters() {
    while (!list_.empty()) complete_one(asio::error::operation_aborted, no_result<Results>(executor_)...);
  }

  const asio::any_io_executor& get_executor() const noexcept { return executor_; }
  bool empty() const noexcept { return list_.empty(); }

  void add(handler h) {
    add(std::move(h), [](asio::cancellation_type) {});
  }

  /// `on_cancel(type)` is called after the handler's slot was triggered and the handler was removed from the list.
  template <class Hook>
  void add(handler h, Hook on_cancel) {
    auto slot = asio::get_associated_cancellation_slot(h);
    const auto added = insert(std::move(h));
    if (!slot.is_connected()) return;
    // The slot may be triggered twice, or long after the wait: then the list's node and this object may no longer
    // exist. The signal may be destroyed earlier, so the slot must not be used after this.
    slot.assign([this, on_cancel, added, waits = added->waits()](asio::cancellation_type type) mutable {
      if (waits.expired()) return;
      complete(added, asio::error::operation_aborted);
      on_cancel(type);
    });
  }

  /// The same with a time limit, after which the handler completes with timed_out. `on_leave()` is called in that case
  /// and after a cancellation.
  template <class Hook>
  void add_for(std::chrono::milliseconds limit, handler h, Hook on_leave) {
    add(std::move(h), [on_leave](asio::cancellation_type) { on_leave(); });
    const auto added = std::prev(list_.end());
    added->limit = start_deadline(executor_, limit, [this, added, on_leave, waits = added->waits()] {
      if (waits.expired()) return;
      complete(added, asio::error::timed_out);
      on_leave();
    });
  }

  void complete_one(boost::system::error_code ec, Results... results) {
    waiter first = std::move(list_.front());
    list_.pop_front();
    post(std::move(first.function), ec, std::move(results)...);
  }

  /// Completes a handler that did not have to wait.
  void post(handler h, boost::system::error_code ec, Results... results) {
    asio::post(executor_, asio::append(std::move(h), ec, std::move(results)...));
  }

 private:
  struct waiter {
    handler function;
    asio::any_completion_executor work;  // released after the handler was posted
    std::shared_ptr<void> life{};        // exists only if the wait must be observed
    std::shared_ptr<void> limit{};

    std::weak_ptr<void> waits() {
      if (!life) life = std::make_shared<char>();
      return life;
    }
  };
  using place = typename std::list<waiter>::iterator;

  place insert(handler h) {
    if (join(executor_)) guard_ = loop_guard::of(executor_);
    const loop_entry entry(loop_entry::from::call, guard_.get());
    auto work = asio::prefer(asio::get_associated_executor(h, executor_), asio::execution::outstanding_work.tracked);
    return list_.insert(list_.end(), {std::move(h), std::move(work)});
  }

  void complete(place which, boost::system::error_code ec) {
    waiter ended = std::move(*which);
    list_.erase(which);
    post(std::move(ended.function), ec, no_result<Results>(executor_)...);
  }

  void let_go() noexcept override { const auto last = std::exchange(list_, {}); }

  asio::any_io_executor executor_;
  std::list<waiter> list_;
  std::shared_ptr<loop_guard> guard_;
};

}  // namespace brood::detail

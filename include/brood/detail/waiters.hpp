#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <list>
#include <memory>
#include <type_traits>
#include <utility>

#include "brood/detail/loop_end.hpp"

namespace brood::detail {

namespace asio = boost::asio;

/// What a handler gets in place of a result that does not exist: an empty value, or a socket that is not open.
template <class Result>
Result no_result([[maybe_unused]] const asio::any_io_executor& ex) {
  if constexpr (std::is_default_constructible_v<Result>) {
    return Result{};
  } else {
    return Result(ex);
  }
}

/// Completion handlers that wait for the same thing, in order. Each completes exactly once: with a result, with
/// operation_aborted when its cancellation slot fires, or so when this object goes away before. When the loop goes away
/// before, it is destroyed.
///
/// Handlers are posted, never called from inside a member function.
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

  /// `on_cancel(type)` is called when the handler's slot fired and the handler has left the list.
  template <class Hook>
  void add(handler h, Hook on_cancel) {
    join(executor_);
    auto slot = asio::get_associated_cancellation_slot(h);
    const auto added = list_.insert(list_.end(), {std::move(h)});
    if (!slot.is_connected()) return;
    // It may fire twice, or long after the wait: by then neither the list's node nor this need be there any more. And
    // its signal may be gone before: from here on the slot is not touched.
    added->waits = std::make_shared<char>();
    slot.assign([this, on_cancel, added, waits = std::weak_ptr(added->waits)](asio::cancellation_type type) mutable {
      if (waits.expired()) return;
      handler cancelled = std::move(added->function);
      list_.erase(added);
      post(std::move(cancelled), asio::error::operation_aborted, no_result<Results>(executor_)...);
      on_cancel(type);
    });
  }

  void complete_one(boost::system::error_code ec, Results... results) {
    handler first = std::move(list_.front().function);
    list_.pop_front();
    post(std::move(first), ec, std::move(results)...);
  }

  /// Completes a handler that never had to wait.
  void post(handler h, boost::system::error_code ec, Results... results) {
    asio::post(executor_, asio::append(std::move(h), ec, std::move(results)...));
  }

 private:
  struct waiter {
    handler function;
    std::shared_ptr<void> waits{};  // there if a slot may fire; ends with the wait
  };
  void let_go() noexcept override { const auto last = std::exchange(list_, {}); }

  asio::any_io_executor executor_;
  std::list<waiter> list_;
};

}  // namespace brood::detail

#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <iterator>
#include <list>
#include <type_traits>
#include <utility>

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
/// operation_aborted when its cancellation slot fires, or so when this object goes away before.
///
/// Handlers are posted, never called from inside a member function.
template <class... Results>
class waiters {
 public:
  using handler = asio::any_completion_handler<void(boost::system::error_code, Results...)>;

  explicit waiters(asio::any_io_executor ex) : executor_(std::move(ex)) {}
  waiters(const waiters&) = delete;
  waiters& operator=(const waiters&) = delete;
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
    auto slot = asio::get_associated_cancellation_slot(h);
    list_.push_back(std::move(h));
    if (!slot.is_connected()) return;
    slot.assign([this, on_cancel, waiter = std::prev(list_.end())](asio::cancellation_type type) mutable {
      handler cancelled = std::move(*waiter);
      list_.erase(waiter);
      post(std::move(cancelled), asio::error::operation_aborted, no_result<Results>(executor_)...);
      on_cancel(type);
    });
  }

  void complete_one(boost::system::error_code ec, Results... results) {
    handler first = std::move(list_.front());
    list_.pop_front();
    // The slot's function refers to the list node, which is gone: from here on it is too late to cancel.
    if (auto slot = asio::get_associated_cancellation_slot(first); slot.is_connected()) slot.clear();
    post(std::move(first), ec, std::move(results)...);
  }

  /// Completes a handler that never had to wait.
  void post(handler h, boost::system::error_code ec, Results... results) {
    asio::post(executor_, asio::append(std::move(h), ec, std::move(results)...));
  }

 private:
  asio::any_io_executor executor_;
  std::list<handler> list_;
};

}  // namespace brood::detail

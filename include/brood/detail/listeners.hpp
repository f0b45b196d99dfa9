#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "brood/detail/loop_end.hpp"

namespace brood::detail {

namespace asio = boost::asio;

/// Calls a function of the program's. What it throws leaves the loop's run() in a turn of its own: it keeps neither the
/// other listeners from hearing nor brood from what it was about to do next.
template <class Call>
void call_listener(const asio::any_io_executor& ex, Call call) {
  try {
    call();
  } catch (...) {
    asio::post(ex, [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
  }
}

struct listener_base {
  bool active = true;
  /// Told when somebody who listened does not any more.
  std::function<void()> cancelled{};

  void cancel() noexcept {
    if (std::exchange(active, false) && cancelled) cancelled();
  }
};

/// The functions that hear one event, in the order they came.
///
/// A function may add and remove listeners, itself included, while it is called: one removed is not called any
/// more, one added hears only the next event.
template <class... Args>
class listeners final : loop_end::member {
  struct listener : listener_base {
    virtual ~listener() = default;
    virtual void call(const Args&... args) = 0;
  };
  template <class Function>
  struct listener_of final : listener {
    explicit listener_of(Function f) : function(std::move(f)) {}
    void call(const Args&... args) override { function(args...); }
    Function function;
  };

 public:
  explicit listeners(asio::any_io_executor ex) : executor_(std::move(ex)) {}

  template <class Function>
  std::weak_ptr<listener_base> add(Function function) {
    join(executor_);
    std::erase_if(list_, [](const auto& one) { return !one->active; });
    auto added = std::make_shared<listener_of<Function>>(std::move(function));
    list_.push_back(added);
    return added;
  }

  bool empty() const noexcept {
    for (const auto& one : list_) {
      if (one->active) return false;
    }
    return true;
  }

  /// Calls each; a copy is walked, so the object itself may go away meanwhile.
  void call(const Args&... args) const {
    const auto ex = executor_;
    const auto list = list_;
    for (const auto& one : list) {
      if (one->active) call_listener(ex, [&] { one->call(args...); });
    }
  }

  /// Forgets them all. To be done when nothing can happen any more: what they hold may well hold this.
  void clear() noexcept { const auto last = std::exchange(list_, {}); }

 private:
  void let_go() noexcept override { clear(); }

  asio::any_io_executor executor_;
  std::vector<std::shared_ptr<listener>> list_;
};

}  // namespace brood::detail

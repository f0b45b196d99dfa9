#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "brood/detail/loop_end.hpp"
#include "brood/detail/loop_entry.hpp"

namespace brood::detail {

namespace asio = boost::asio;

/// Calls a function of the program. If it throws, the exception leaves the loop's run() later, from a handler of its
/// own. The other listeners are still called, and brood completes its current work.
template <class Call>
void call_listener(const asio::any_io_executor& ex, Call call, loop_guard* guard = nullptr) {
  const loop_entry entry(loop_entry::from::handler, guard);
  try {
    call();
  } catch (...) {
    asio::post(ex, [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
  }
}

/// The owner of a listener. The program's listeners are removed with the handle they were added through; the library's
/// are not.
enum class audience { program, library };

struct listener_base {
  bool active = true;
  audience whose = audience::program;
  /// Called after the listener was cancelled.
  std::function<void()> cancelled{};

  void cancel() noexcept {
    if (std::exchange(active, false) && cancelled) cancelled();
  }
};

/// The functions that are called for one event, in the order in which they were added.
///
/// A function may add and remove listeners, including itself, while it is called. A removed one is not called any more;
/// an added one is called from the next event on.
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
  template <class T>
  using stored = std::conditional_t<std::is_same_v<T, std::string_view>, std::string, std::decay_t<T>>;

 public:
  explicit listeners(asio::any_io_executor ex) : executor_(std::move(ex)) {}

  template <class Function>
  std::weak_ptr<listener_base> add(Function function, audience whose = audience::library) {
    if (join(executor_)) guard_ = loop_guard::of(executor_);
    drop_inactive();
    auto added = std::make_shared<listener_of<Function>>(std::move(function));
    added->whose = whose;
    list_.push_back(added);
    return added;
  }

  bool empty() const noexcept {
    for (const auto& one : list_) {
      if (one->active) return false;
    }
    return true;
  }

  /// Calls each function, or posts that to the loop if the running thread is inside a call of the program. (Values that
  /// cannot be copied never come from there.) The functions may destroy this object.
  void call(const Args&... args) {
    if (list_.empty()) return;
    if constexpr ((std::is_constructible_v<stored<Args>, const Args&> && ...)) {
      if (loop_entry::in_call() || (postponed_ && *postponed_ != 0)) return postpone(args...);
    }
    const auto all = list_;
    const auto ex = executor_;
    const auto guard = guard_;
    call_each(all, ex, guard.get(), args...);
  }

  /// Calls each function now, for the last time.
  void call_once(const Args&... args) {
    const auto all = list_;
    if (all.empty()) return;
    const auto guard = guard_;
    call_each(all, executor_, guard.get(), args...);
    for (const auto& one : all) one->active = false;
    drop_inactive();
  }

  /// Removes the program's listeners, because the handle they were added through was destroyed.
  void forget_program() noexcept {
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (const auto one = list_[i]; one->whose == audience::program) one->cancel();
    }
    drop_inactive();
  }

  /// Removes all listeners, because nothing can happen any more. Their captures may own this object.
  void clear() noexcept { const auto last = std::exchange(list_, {}); }

 private:
  using list = std::vector<std::shared_ptr<listener>>;
  /// Calls the functions from the loop. Events that follow are postponed as well, so that none overtakes this one.
  void postpone(const Args&... args) {
    if (!postponed_) postponed_ = std::make_shared<int>(0);
    ++*postponed_;
    asio::post(executor_, [all = list_, ex = executor_, guard = guard_, count = postponed_,
                           values = std::tuple<stored<Args>...>(args...)]() mutable {
      --*count;
      std::apply([&](auto&... each) { call_each(all, ex, guard.get(), each...); }, values);
    });
  }

  /// One by one, because the destructor of a capture may look at this list.
  void drop_inactive() noexcept {
    const auto kept = std::stable_partition(list_.begin(), list_.end(), [](const auto& one) { return one->active; });
    for (auto count = list_.end() - kept; count > 0; --count) {
      const auto dropped = std::move(list_.back());
      list_.pop_back();
    }
  }

  static void call_each(const list& all, const asio::any_io_executor& ex, loop_guard* guard, const Args&... args) {
    for (const auto& one : all) {
      if (one->active)
        call_listener(
            ex, [&] { one->call(args...); }, guard);
    }
  }

  void let_go() noexcept override { clear(); }

  asio::any_io_executor executor_;
  list list_;
  std::shared_ptr<loop_guard> guard_;
  std::shared_ptr<int> postponed_;  // the number of postponed events
};

}  // namespace brood::detail

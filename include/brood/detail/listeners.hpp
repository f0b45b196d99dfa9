#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace brood::detail {

struct listener_base {
  bool active = true;
};

/// The functions that hear one event, in the order they came.
///
/// A function may add and remove listeners, itself included, while it is called: one removed is not called any
/// more, one added hears only the next event.
template <class... Args>
class listeners {
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
  template <class Function>
  std::weak_ptr<listener_base> add(Function function) {
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

  /// Calls each; a copy of the list is walked, so the object itself may go away meanwhile.
  void call(const Args&... args) const {
    const auto copy = list_;
    for (const auto& one : copy) {
      if (one->active) one->call(args...);
    }
  }

 private:
  std::vector<std::shared_ptr<listener>> list_;
};

}  // namespace brood::detail

#pragma once

#include <memory>
#include <utility>

#include "brood/detail/access.hpp"
#include "brood/detail/listeners.hpp"

namespace brood {

class scoped_subscription;

/// Returned by `on`. Its destructor does not remove the listener, so that `child.exited.on(f);` works as it stands. A
/// listener is removed by cancel(), by the end of a scoped_subscription, or with the handle that it was added through.
class subscription {
 public:
  subscription() = default;

  /// Removes the listener. It is not called any more, not even by an emission in progress. May be called twice.
  void cancel() noexcept {
    if (auto listener = listener_.lock()) listener->cancel();
    listener_.reset();
  }

  /// Converts this into an object that cancels at the end of its scope.
  [[nodiscard]] scoped_subscription scoped() &&;

 private:
  friend detail::access;
  explicit subscription(std::weak_ptr<detail::listener_base> listener) noexcept : listener_(std::move(listener)) {}

  std::weak_ptr<detail::listener_base> listener_;
};

/// Cancels its subscription at the end of its scope.
class [[nodiscard]] scoped_subscription {
 public:
  scoped_subscription() = default;
  explicit scoped_subscription(subscription s) noexcept : subscription_(std::move(s)) {}
  scoped_subscription(scoped_subscription&& other) noexcept
      : subscription_(std::exchange(other.subscription_, subscription())) {}
  scoped_subscription& operator=(scoped_subscription&& other) noexcept {
    subscription_.cancel();
    subscription_ = std::exchange(other.subscription_, subscription());
    return *this;
  }
  ~scoped_subscription() { subscription_.cancel(); }

 private:
  subscription subscription_;
};

inline scoped_subscription subscription::scoped() && { return scoped_subscription{std::move(*this)}; }

}  // namespace brood

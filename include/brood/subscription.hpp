#pragma once

#include <memory>
#include <utility>

#include "brood/detail/listeners.hpp"

namespace brood {

/// Unsubscribes its listener when it goes out of scope.
class scoped_subscription;

/// What `on` returns. Dropping it leaves the listener where it is, so `child.exited.on(f);` just works.
class subscription {
 public:
  subscription() = default;
  explicit subscription(std::weak_ptr<detail::listener_base> listener) noexcept : listener_(std::move(listener)) {}

  /// From here on the listener is not called, not even by the emission under way. May be called twice.
  void cancel() noexcept {
    if (auto listener = listener_.lock()) listener->cancel();
    listener_.reset();
  }

  /// The same as an object whose end unsubscribes.
  [[nodiscard]] scoped_subscription scoped() &&;

 private:
  std::weak_ptr<detail::listener_base> listener_;
};

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

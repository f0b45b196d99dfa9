#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace brood::detail {

/// The time limit as a timer can count it. A timer counts nanoseconds: milliseconds::max() would overflow, and the
/// limit would be over at once.
constexpr std::chrono::milliseconds countable(std::chrono::milliseconds limit) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
  return std::min(limit, longest);
}

/// Calls `f` on the executor when the time is up, unless the returned object has been destroyed by then.
std::shared_ptr<void> start_deadline(const boost::asio::any_io_executor& ex, std::chrono::milliseconds limit,
                                     std::function<void()> f);

}  // namespace brood::detail

#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace brood::detail {

/// Limits a duration to what a timer can count. Timers count nanoseconds, so milliseconds::max() would overflow and
/// expire at once.
constexpr std::chrono::milliseconds countable(std::chrono::milliseconds limit) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
  return std::min(limit, longest);
}

/// Calls `f` on the executor after `limit`, unless the returned object is destroyed first.
std::shared_ptr<void> start_deadline(const boost::asio::any_io_executor& ex, std::chrono::milliseconds limit,
                                     std::function<void()> f);

}  // namespace brood::detail

#pragma once

#include <algorithm>
#include <chrono>

namespace brood::detail {

/// The time limit as a timer can count it. Its clock counts nanoseconds, of which milliseconds::max() are more than
/// there are: the end of it would be in the past.
constexpr std::chrono::milliseconds countable(std::chrono::milliseconds limit) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
  return std::min(limit, longest);
}

}  // namespace brood::detail

#pragma once

#include <algorithm>
#include <chrono>

namespace brood::detail::policy {

/// How long to wait before the next worker is started, given how the last ones ended. Time is passed in.
///
/// Deaths are counted by generations: when a deploy is broken, all workers die young at once, and that is one failure.
/// So a death counts only if the worker was started after the last one that counted.
class restart {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;
  struct limits {
    milliseconds initial_delay;
    double factor;
    milliseconds max_delay;
    milliseconds min_uptime;
  };

  explicit restart(limits l) noexcept : limits_(l) {}

  void exited(clock::time_point started, clock::time_point now) noexcept {
    if (now - started >= limits_.min_uptime) {
      failures_ = 0;
    } else if (failures_ == 0 || started >= last_counted_) {
      ++failures_;
      last_counted_ = now;
    }
  }

  /// `jitter` from 0 to 1 spreads the wait by a tenth either way, so that many do not come back in step.
  milliseconds wait(double jitter) const noexcept {
    if (failures_ == 0) return milliseconds(0);
    double wait = static_cast<double>(limits_.initial_delay.count());
    const double most = static_cast<double>(limits_.max_delay.count());
    for (int i = 1; i < failures_ && wait < most; ++i) wait *= limits_.factor;
    return milliseconds(static_cast<milliseconds::rep>(std::min(wait, most) * (0.9 + 0.2 * jitter)));
  }

  int failures() const noexcept { return failures_; }

 private:
  limits limits_;
  int failures_ = 0;
  clock::time_point last_counted_{};
};

}  // namespace brood::detail::policy

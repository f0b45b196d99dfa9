#pragma once

#include <algorithm>
#include <chrono>

namespace brood::detail::policy {

/// Computes the delay before the next worker is started, from how the last ones ended. Time is passed in.
///
/// Failures are counted by generation: after a broken deployment all workers exit at once, and that is one failure. So
/// an exit counts only if the worker was started after the last counted one.
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

  /// `jitter` from 0 to 1 varies the delay by 10 % either way, so that many restarts do not coincide.
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

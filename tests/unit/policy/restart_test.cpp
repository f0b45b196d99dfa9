#include "policy/restart.hpp"

#include <gtest/gtest.h>

namespace {

using brood::detail::policy::restart;
using namespace std::chrono_literals;

constexpr restart::limits limits{.initial_delay = 1000ms, .factor = 1.5, .max_delay = 30'000ms, .min_uptime = 1000ms};
constexpr restart::clock::time_point start{};

/// A worker is started at `when` and dies young.
void die(restart& policy, restart::clock::time_point when) { policy.exited(when, when + 10ms); }

TEST(restart, does_not_wait_before_anything_has_failed) {
  const restart policy(limits);
  EXPECT_EQ(policy.wait(0.5), 0ms);
}

TEST(restart, waits_longer_after_each_failure_up_to_a_limit) {
  restart policy(limits);
  auto now = start;
  std::vector<restart::milliseconds> waits;
  for (int i = 0; i < 12; ++i) {
    die(policy, now);
    now += 1h;
    waits.push_back(policy.wait(0.5));
  }
  EXPECT_EQ(waits[0], 1000ms);
  EXPECT_EQ(waits[1], 1500ms);
  EXPECT_EQ(waits[2], 2250ms);
  EXPECT_EQ(waits[8], 25'628ms);
  EXPECT_EQ(waits[9], 30'000ms);
  EXPECT_EQ(waits[11], 30'000ms);
  EXPECT_EQ(policy.failures(), 12);
}

TEST(restart, spreads_the_waits_by_a_tenth) {
  restart policy(limits);
  die(policy, start);
  EXPECT_EQ(policy.wait(0), 900ms);
  EXPECT_EQ(policy.wait(1), 1100ms);
}

TEST(restart, counts_workers_that_die_together_as_one_failure) {
  restart policy(limits);
  for (int i = 0; i < 8; ++i) die(policy, start);
  EXPECT_EQ(policy.failures(), 1);
  die(policy, start + 1h);
  EXPECT_EQ(policy.failures(), 2) << "one started since";
}

TEST(restart, starts_anew_after_a_worker_that_lived) {
  restart policy(limits);
  die(policy, start);
  die(policy, start + 1h);
  policy.exited(start + 2h, start + 2h + 1000ms);
  EXPECT_EQ(policy.wait(0.5), 0ms);
  die(policy, start + 3h);
  EXPECT_EQ(policy.wait(0.5), 1000ms);
}

TEST(restart, never_waits_longer_than_the_limit_after_any_number_of_failures) {
  restart policy({.initial_delay = 1ms, .factor = 10, .max_delay = 77ms, .min_uptime = 1000ms});
  auto now = start;
  for (int i = 0; i < 100'000; ++i) {
    die(policy, now);
    now += 1s;
  }
  EXPECT_EQ(policy.wait(0.5), 77ms);
}

TEST(restart, with_nothing_to_wait_for_does_not_wait) {
  restart policy({.initial_delay = 0ms, .factor = 1.5, .max_delay = 0ms, .min_uptime = 1000ms});
  die(policy, start);
  EXPECT_EQ(policy.wait(1), 0ms);
}

}  // namespace

#include <gtest/gtest.h>

#include <brood/detail/time_limit.hpp>

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(a_time_limit, ends_in_the_future_however_long_it_is) {
  for (const auto limit : {milliseconds(1), milliseconds(std::chrono::hours(24)), milliseconds::max()}) {
    const auto now = steady_clock::now();
    EXPECT_GT(now + brood::detail::countable(limit), now) << limit.count();
  }
  EXPECT_EQ(brood::detail::countable(milliseconds(7)), milliseconds(7));
  EXPECT_EQ(brood::detail::countable(milliseconds(-7)), milliseconds(-7));
}

}  // namespace

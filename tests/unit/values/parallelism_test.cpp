#include <gtest/gtest.h>
#include <sched.h>

#include <brood/parallelism.hpp>

namespace {

TEST(available_parallelism, is_at_least_one_and_no_more_than_the_affinity_allows) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  const unsigned count = brood::available_parallelism();
  EXPECT_GE(count, 1U);
  EXPECT_LE(count, static_cast<unsigned>(CPU_COUNT(&all)));
}

TEST(available_parallelism, follows_the_affinity) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const unsigned count = brood::available_parallelism();
  ::sched_setaffinity(0, sizeof all, &all);
  EXPECT_EQ(count, 1U);
}

}  // namespace

#include <gtest/gtest.h>

#include <brood/exit_status.hpp>
#include <csignal>
#include <sstream>

namespace {

using brood::exit_status;

TEST(exit_status, of_a_process_that_ended_by_itself) {
  const auto zero = exit_status::exited(0);
  EXPECT_TRUE(zero.ok());
  EXPECT_EQ(to_string(zero), "exited with code 0");
  const auto seven = exit_status::exited(7);
  EXPECT_FALSE(seven.ok());
  EXPECT_TRUE(seven.has_code());
  EXPECT_FALSE(seven.has_signal());
  EXPECT_FALSE(seven.lost());
  EXPECT_EQ(seven.code(), 7);
  EXPECT_EQ(seven.signal(), 0);
}

TEST(exit_status, of_a_process_that_was_killed) {
  const auto killed = exit_status::killed(SIGKILL);
  EXPECT_FALSE(killed.ok());
  EXPECT_FALSE(killed.has_code());
  EXPECT_EQ(killed.code(), -1);
  EXPECT_EQ(killed.signal(), SIGKILL);
  EXPECT_FALSE(killed.core_dumped());
  EXPECT_EQ(to_string(killed), "killed by SIGKILL");
  EXPECT_EQ(to_string(exit_status::killed(SIGSEGV, true)), "killed by SIGSEGV (core dumped)");
}

TEST(exit_status, that_nobody_knows) {
  const exit_status lost;
  EXPECT_TRUE(lost.lost());
  EXPECT_FALSE(lost.ok());
  EXPECT_EQ(lost.code(), -1);
  EXPECT_EQ(lost.signal(), 0);
  EXPECT_EQ(to_string(lost), "ended with a status that other code collected");
}

TEST(exit_status, compares_by_all_it_says) {
  EXPECT_EQ(exit_status::exited(9), exit_status::exited(9));
  EXPECT_NE(exit_status::exited(9), exit_status::killed(9));
  EXPECT_NE(exit_status::killed(9), exit_status::killed(9, true));
  EXPECT_NE(exit_status::exited(0), exit_status());
}

TEST(exit_status, holds_what_the_process_used) {
  const brood::resource_usage usage{.max_rss = 4096, .major_page_faults = 2};
  EXPECT_EQ(exit_status::exited(0, usage).usage(), usage);
  EXPECT_EQ(exit_status::killed(SIGKILL, false, usage).usage(), usage);
  EXPECT_EQ(exit_status::exited(0, usage), exit_status::exited(0)) << "how it ended is compared, not what it used";
}

TEST(exit_status, prints_itself) {
  std::ostringstream out;
  out << exit_status::exited(3);
  EXPECT_EQ(out.str(), "exited with code 3");
}

}  // namespace

#include <gtest/gtest.h>

#include <brood/signals.hpp>
#include <csignal>

namespace {

using brood::signal_name;
using brood::signal_number;

TEST(signal_name, is_that_of_the_system) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(SIGRTMIN), "SIGRTMIN");
  EXPECT_EQ(signal_name(SIGRTMIN + 3), "SIGRTMIN+3");
}

TEST(signal_name, is_a_number_for_what_has_no_name) {
  for (const int number : {-1, 0, 32, 33, 65, 99, 100'000}) {
    EXPECT_EQ(signal_name(number), "signal " + std::to_string(number));
  }
}

TEST(signal_number, knows_each_name_with_and_without_sig) {
  for (int number = 1; number < 32; ++number) {
    const std::string name = signal_name(number);
    EXPECT_EQ(signal_number(name), number) << name;
    EXPECT_EQ(signal_number(name.substr(3)), number) << name;
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) EXPECT_EQ(signal_number(signal_name(number)), number);
}

TEST(signal_number, takes_a_number) {
  EXPECT_EQ(signal_number("15"), 15);
  EXPECT_EQ(signal_number("64"), 64);
}

TEST(signal_number, knows_the_other_names_node_has) {
  EXPECT_EQ(signal_number("SIGIO"), SIGIO);
  EXPECT_EQ(signal_number("SIGPOLL"), SIGPOLL);
  EXPECT_EQ(signal_number("SIGIOT"), SIGABRT);
}

TEST(signal_number, is_nothing_for_what_is_no_signal) {
  for (const char* name : {"", "SIG", "SIGNONE", "sigterm", "0", "-1", "65", "15x", " 15", "99999999999999",
                           "SIGSIGTERM", "SIGRTMIN+", "SIGRTMIN+31", "SIGRTMIN+-1", "SIGRTMIN+1x", "RTMAX+1"}) {
    EXPECT_FALSE(signal_number(name)) << name;
  }
}

}  // namespace

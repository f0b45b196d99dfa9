#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <cerrno>
#include <filesystem>

#include "sys/faults.hpp"

// The Nth system call of a scenario fails, for every N until it passes. Whatever fails: nothing is left behind, and
// nobody waits for ever.

namespace {

namespace asio = boost::asio;
using brood::sys::fault_struck;
using brood::sys::plant_fault;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all))) - 1;
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

class a_system_call : public testing::TestWithParam<int> {
 protected:
  /// Runs the scenario again and again; `scenario()` may throw spawn_error.
  template <class Scenario>
  void fail_each(Scenario scenario) {
    const std::size_t before = open_descriptors();
    int count = 0;
    int thrown = 0;
    for (bool struck = true; struck; ++count) {
      plant_fault(count + 1, GetParam());
      try {
        scenario();
      } catch (const brood::spawn_error& error) {
        ++thrown;
        EXPECT_EQ(error.code().value(), GetParam()) << error.what();
        EXPECT_TRUE(fault_struck());
      }
      struck = fault_struck();
      plant_fault(0, 0);
      ASSERT_EQ(open_descriptors(), before) << "call " << count + 1;
      ASSERT_FALSE(has_children()) << "call " << count + 1;
    }
    EXPECT_GT(count, 5) << "the calls go through the seam";
    EXPECT_GE(thrown, 2);
  }
};

TEST_P(a_system_call, may_fail_in_a_spawn) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "cat");
    std::string text;
    child.out().on_data([&](std::string_view data) { text += data; });
    child.in().end("hello");
    io.run();
    EXPECT_TRUE(child.exited.reached());
    EXPECT_TRUE(child.closed.reached());
    EXPECT_TRUE(child.in().closed.reached());
    if (!fault_struck()) {
      EXPECT_EQ(text, "hello");
      EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
    }
  });
}

TEST_P(a_system_call, may_fail_in_a_spawn_that_nobody_reads) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "echo", {"kept"}, {.in = brood::stdio::ignore});
    io.run();
    EXPECT_TRUE(child.exited.reached());
    EXPECT_TRUE(child.closed.reached());
  });
}

TEST_P(a_system_call, may_fail_in_a_fork) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::fork(io, std::string(BROOD_ACTORS_DIR) + "/channel_child");
    int heard = 0;
    child.messages.on([&](const brood::message& m) {
      EXPECT_EQ(m.body.at("echo").as_int64(), 7);
      ++heard;
      child.disconnect();
    });
    child.send(7);
    io.run();
    EXPECT_TRUE(child.exited.reached());
    EXPECT_TRUE(child.closed.reached());
    EXPECT_TRUE(child.disconnected.reached());
    EXPECT_TRUE(heard == 1 || fault_struck());
  });
}

INSTANTIATE_TEST_SUITE_P(with, a_system_call, testing::Values(EMFILE, ENOMEM, EIO),
                         [](const auto& one) { return std::string(strerrorname_np(one.param)); });

}  // namespace

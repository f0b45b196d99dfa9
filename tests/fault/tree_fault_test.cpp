#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>
#include <cerrno>

#include "sys/faults.hpp"

// One system call of kill_tree() fails. The child and its group get the signal all the same, and what the report says
// of the others is true.

namespace {

namespace asio = boost::asio;
using brood::detail::sys::fault_struck;
using brood::detail::sys::plant_fault;

struct outcome {
  brood::tree_report report{};
  bool struck = false;
  bool child_was_killed = false;
  bool all_ended = false;  // before a second kill_tree()
};

/// Kills a shell and a process that has left its session; the Nth system call of that fails.
outcome kill_with_fault(int n, int error) {
  asio::io_context io{1};
  auto child =
      brood::spawn(io, brood::shell("setsid sh -c 'echo here; exec tail -f /dev/null' & exec tail -f /dev/null"),
                   {.in = brood::stdio::ignore, .group = true});
  outcome result;
  bool ended = false;
  child.out().on_end([&] { ended = true; });
  child.out().on_data([&](std::string_view) {
    plant_fault(n, error);
    result.report = child.kill_tree();
    result.struck = fault_struck();
    plant_fault(0, 0);
    // What it did not reach is ended by this; the report alone says whether there is anything.
    if (!result.report.reached_all_found()) child.kill_tree();
  });
  io.run();
  result.child_was_killed = child.exit_status() == brood::exit_status::killed(SIGKILL);
  result.all_ended = ended;
  return result;
}

class a_system_call_of_kill_tree : public testing::TestWithParam<int> {};

TEST_P(a_system_call_of_kill_tree, may_fail_and_the_report_is_true) {
  int incomplete = 0;
  bool struck = true;
  for (int n = 1; struck; n += 1 + n / 10) {
    const outcome result = kill_with_fault(n, GetParam());
    struck = result.struck;
    EXPECT_TRUE(result.child_was_killed) << "call " << n;
    EXPECT_TRUE(result.all_ended) << "call " << n;
    incomplete += result.report.incomplete ? 1 : 0;
    EXPECT_TRUE(struck || result.report.reached_all_found());
  }
  EXPECT_GT(incomplete, 5) << "the calls go through the seam";
}

INSTANTIATE_TEST_SUITE_P(with, a_system_call_of_kill_tree, testing::Values(EMFILE, EIO),
                         [](const auto& one) { return std::string(strerrorname_np(one.param)); });

}  // namespace

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <brood/child_process.hpp>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "support.hpp"
#include "support/apart.hpp"

// Children whose loop is destroyed before their end was collected.

namespace {

using brood::on_drop;
using brood_test::loop;

constexpr int many = 300;

/// Children of this process that have ended and that nobody has collected.
bool has_zombie() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

TEST(an_orphan, that_has_ended_is_collected_when_its_loop_is_destroyed) {
  const auto before = brood_test::open_descriptors();
  for (int i = 0; i < many; ++i) {
    loop io;
    auto child = brood::spawn(io, "true");
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);  // it has ended, and is a zombie
  }
  EXPECT_FALSE(has_zombie());
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(an_orphan, that_ends_later_is_collected_by_later_starts) {
  const auto before = brood_test::open_descriptors();
  for (int i = 0; i < many; ++i) {
    loop io;
    brood::spawn(io, "cat");  // ends with its input, which goes with the handle
  }
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(an_orphan, is_killed_if_it_was_to_end_with_its_handle) {
  const auto before = brood_test::open_descriptors();
  for (int i = 0; i < many; ++i) {
    loop io;
    const auto options = brood::spawn_options{.in = brood::stdio::ignore, .on_drop = on_drop::kill};
    auto child = std::make_shared<brood::child_process>(brood::spawn(io, "tail", {"-f", "/dev/null"}, options));
    // Some handles go before the loop, others with what the loop keeps.
    if (i % 2 == 0) child->exited.on([child](brood::exit_status) {});
  }
  brood_test::collect_orphans();  // returns when none of them is left
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(an_orphan, that_runs_on_costs_one_descriptor_until_it_ends) {
  const auto before = brood_test::open_descriptors();
  pid_t pid = 0;
  {
    loop io;
    pid = brood::spawn(io, "tail", {"-f", "/dev/null"},
                       {.in = brood::stdio::ignore, .out = brood::stdio::ignore, .err = brood::stdio::ignore})
              .pid();
  }
  EXPECT_EQ(brood_test::open_descriptors(), before + 1);
  EXPECT_EQ(::kill(pid, SIGKILL), 0) << "it still runs";
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(an_orphan, is_collected_whatever_thread_its_loop_was_on) {
  const auto before = brood_test::open_descriptors();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < many / 4; ++n) {
        loop io;
        brood::spawn(io, "true");
      }
    });
  }
  for (auto& one : threads) one.join();
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

}  // namespace

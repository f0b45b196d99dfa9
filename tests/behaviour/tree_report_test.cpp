// What kill_tree() tells of processes that cannot be seen, and of those that do not stand still.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <brood/child_process.hpp>
#include <cstdlib>
#include <functional>
#include <sstream>

#include "support.hpp"
#include "support/apart.hpp"
#include "support/cgroup.hpp"
#include "support/temporary_folder.hpp"

namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::actor;
using brood_test::loop;

std::string to_text(const brood::tree_report& report) {
  std::ostringstream text;
  text << report.signalled << " signalled, " << report.left.size() << " left";
  if (report.incomplete) text << ", incomplete";
  if (report.still_forking) text << ", still forking";
  if (report.may_have_escaped) text << ", some may have escaped";
  return text.str();
}

/// In another process: starts a shell and a process in its group, makes this process blind, and kills the tree. Returns
/// the report, and whether all who held stdout have ended.
std::string report_of_blind(const brood::spawn_options& options, const std::function<void()>& become_blind) {
  return brood_test::apart([&] {
    loop io;
    auto child = brood::spawn(io, brood::shell("tail -f /dev/null & echo here; wait"), options);
    std::string told;
    child.out().on_end([&] { told += ", all ended"; });
    child.out().on_data([&](std::string_view) {
      become_blind();
      told = to_text(child.kill_tree());
    });
    io.run_for(std::chrono::seconds(30));
    return told + ", child " + (child.exit_status() ? to_string(*child.exit_status()) : "is running");
  });
}

void take_descriptors() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_NOFILE, &none);
}

constexpr const char* group_by_number =
    "1 signalled, 0 left, incomplete, some may have escaped, all ended, child killed by SIGKILL";

TEST(a_tree_report, of_a_process_without_a_free_descriptor_is_incomplete_and_child_and_group_are_killed) {
  if (brood_test::needs_descriptors_itself()) GTEST_SKIP() << "the sanitizer needs descriptors";
  EXPECT_EQ(report_of_blind({.group = true}, take_descriptors), group_by_number);
}

TEST(a_tree_report, of_a_process_without_proc_is_incomplete_and_child_and_group_are_killed) {
  if (::getuid() != 0) GTEST_SKIP() << "only root may chroot";
  const brood_test::temporary_folder nothing;
  const auto leave = [&] { EXPECT_EQ(::chroot(nothing.path().c_str()), 0); };
  EXPECT_EQ(report_of_blind({.group = true}, leave), group_by_number);
}

TEST(a_tree_report, of_a_cgroup_that_cannot_be_read_is_incomplete) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  if (::getuid() != 0) GTEST_SKIP() << "only root may chroot";
  const brood_test::temporary_folder nothing;
  const auto leave = [&] { EXPECT_EQ(::chroot(nothing.path().c_str()), 0); };
  EXPECT_EQ(report_of_blind({.group = true, .cgroup = group.path()}, leave), group_by_number);
}

TEST(a_tree_report, of_a_single_process_that_cannot_look_still_kills_the_child) {
  if (brood_test::needs_descriptors_itself()) GTEST_SKIP() << "the sanitizer needs descriptors";
  const std::string told = brood_test::apart([&] {
    loop io;
    auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = stdio::ignore});
    take_descriptors();
    std::string text = to_text(child.kill_tree());
    io.run();
    return text + ", " + to_string(*child.exit_status());
  });
  EXPECT_EQ(told, "1 signalled, 0 left, incomplete, some may have escaped, killed by SIGKILL");
}

TEST(a_tree_report, never_says_for_certain_that_nobody_is_left_without_a_cgroup) {
  loop io;
  // It has left the session, and nothing of the environment is left to it.
  auto child = brood::spawn(io, brood::shell("env -i setsid sh -c 'echo here; read word' <&3 & exit 0"),
                            {.more = {stdio::pipe}, .group = true});
  auto line = std::make_optional(child.release_stdio(3));
  bool ended = false;
  child.out().on_end([&] { ended = true; });
  const auto look = [&] {
    auto report = child.kill_tree();
    report.still_forking = false;  // it may be so of others, on a busy machine
    EXPECT_EQ(to_text(report), "0 signalled, 0 left, some may have escaped");
    EXPECT_TRUE(report.reached_all_found());
    EXPECT_FALSE(report.reached_all());
    EXPECT_FALSE(ended);
    line.reset();
  };
  bool is_there = false;
  child.out().on_data([&](std::string_view) {
    is_there = true;
    if (child.exited.happened()) look();
  });
  child.exited.on([&](exit_status) {
    if (is_there) look();
  });
  io.run();
  EXPECT_TRUE(ended);
}

TEST(a_tree_report, of_a_cgroup_is_certain) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  loop io;
  auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = stdio::ignore, .cgroup = group.path()});
  const auto report = child.kill_tree();
  EXPECT_EQ(to_text(report), "1 signalled, 0 left");
  EXPECT_TRUE(report.reached_all());
  io.run();
}

/// Kills a tree that forks for ever. Returns whether the report is true: all of it has ended, or some may be left.
bool tells_the_truth_about(const std::string& how, const brood::spawn_options& options) {
  loop io;
  auto child = brood::spawn(io, actor("forker"), {how, "6"}, options);
  bool ended = false;
  bool reached = false;
  child.out().on_end([&] { ended = true; });
  child.out().on_data([&](std::string_view) {
    reached = child.kill_tree().reached_all_found();
    if (!reached) child.in().end();  // and with it what could not be caught
  });
  io.run_for(std::chrono::seconds(10));
  child.in().end();
  return ended;
}

TEST(a_tree_report, says_that_processes_are_still_forking_unless_they_were_ended) {
  if (std::getenv("BROOD_LOAD") == nullptr) GTEST_SKIP() << "a fork bomb starves the tests beside it: BROOD_LOAD=full";
  EXPECT_TRUE(tells_the_truth_about("chain", {.group = true}));
  EXPECT_TRUE(tells_the_truth_about("restless", {.group = true}));
}

TEST(a_tree_report, of_a_fork_bomb_in_a_cgroup_is_certain) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  loop io;
  auto child = brood::spawn(io, actor("forker"), {"restless", "6"}, {.cgroup = group.path()});
  bool ended = false;
  child.out().on_end([&] { ended = true; });
  child.out().on_data([&](std::string_view) { EXPECT_TRUE(child.kill_tree().reached_all()); });
  io.run();
  EXPECT_TRUE(ended);
}

}  // namespace

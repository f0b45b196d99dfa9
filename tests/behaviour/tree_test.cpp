#include <gtest/gtest.h>
#include <unistd.h>

#include <brood/child_process.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support.hpp"
#include "support/cgroup.hpp"

namespace {

using brood_test::loop;
using namespace std::chrono_literals;

// A child, a grandchild in the same group, and one that forked twice and left for a session of its own. All hold
// stdout, and say a line: its end is the end of all three.
constexpr const char* family =
    "(echo here; exec tail -f /dev/null) & "
    "setsid sh -c '(echo here; exec tail -f /dev/null) &'; "
    "echo here; exec tail -f /dev/null";

struct run_family {
  explicit run_family(brood::spawn_options options) : child(brood::spawn(io, "sh", {"-c", family}, options)) {
    child.out().on_end([this] { ended = true; });
    io.run_for(0s);
  }
  /// Calls `then` when all three are there.
  template <class Then>
  void when_complete(Then then) {
    child.out().on_data([this, then](std::string_view data) {
      text += data;
      if (std::exchange(complete, text.size() == 15)) return;
      if (complete) then();
    });
  }
  loop io;
  brood::child_process child;
  std::string text;
  bool complete = false;
  bool ended = false;
};

TEST(tree, kill_tree_finds_who_forked_twice_and_left_the_session) {
  run_family all({.group = true});
  brood::tree_report report;
  all.when_complete([&] { report = all.child.kill_tree(); });
  all.io.run();
  EXPECT_TRUE(all.ended);
  EXPECT_TRUE(report.left.empty());
}

TEST(tree, of_a_child_that_has_trees_of_its_own_includes_these) {
  loop io;
  ::setenv("BROOD_TREE", "ours", 1);
  // What a brood program in between does: its child's mark comes behind the one it has itself.
  auto child = brood::spawn(io,
                            brood::shell("BROOD_TREE=$BROOD_TREE:its setsid sh -c '(echo $BROOD_TREE; exec tail -f "
                                         "/dev/null) &'; exec tail -f /dev/null"),
                            {.group = true});
  ::unsetenv("BROOD_TREE");
  std::string text;
  bool ended = false;
  child.out().on_data([&](std::string_view data) {
    text += data;
    child.kill_tree();
  });
  child.out().on_end([&] { ended = true; });
  io.run();
  EXPECT_TRUE(text.starts_with("ours:") && text.ends_with(":its\n")) << text;
  EXPECT_TRUE(ended);
}

TEST(tree, kill_tree_without_a_group_ends_all_that_still_descend_from_the_child) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "sh -c 'echo here; exec tail -f /dev/null' & exec tail -f /dev/null"});
  bool ended = false;
  child.out().on_data([&](std::string_view) { EXPECT_EQ(child.kill_tree().signalled, 2U); });
  child.out().on_end([&] { ended = true; });
  io.run();
  EXPECT_TRUE(ended);
}

TEST(tree, stop_covers_the_group) {
  loop io;
  auto child = brood::spawn(
      io, "sh", {"-c", "(trap '' TERM; echo here; exec tail -f /dev/null) & exec tail -f /dev/null"}, {.group = true});
  bool ended = false;
  child.out().on_data([&](std::string_view) { child.stop({{SIGTERM, 20ms}, {SIGKILL, 0ms}}); });
  child.out().on_end([&] { ended = true; });
  io.run();
  EXPECT_TRUE(ended) << "the one that ignores SIGTERM is ended too, though the child itself has gone before";
  EXPECT_EQ(*child.exited.value(), brood::exit_status::killed(SIGTERM));
}

TEST(tree, a_cgroup_holds_them_all) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  run_family all({.cgroup = group.path()});
  brood::tree_report report;
  all.when_complete([&] { report = all.child.kill_tree(); });
  all.io.run();
  EXPECT_TRUE(all.ended);
  EXPECT_GE(report.signalled, 3U) << "and the shell in between, if it was there still";
  EXPECT_TRUE(report.left.empty());
}

TEST(tree, a_cgroup_that_is_not_there_is_named) {
  loop io;
  try {
    brood::spawn(io, "true", {}, {.cgroup = "/no/such/group"});
    FAIL();
  } catch (const brood::spawn_error& error) {
    EXPECT_STREQ(error.what(), "spawn: cannot enter cgroup /no/such/group: No such file or directory");
  }
}

}  // namespace

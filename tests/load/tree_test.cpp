#include <gtest/gtest.h>

#include <brood/child_process.hpp>

#include "behaviour/support.hpp"
#include "support/apart.hpp"

namespace {

using brood_test::loop;

/// Starts a daemon that is on its way out of the tree when its first process exits, and kills the tree at that moment.
/// Returns whether all of it ended.
bool ends() {
  loop io;
  auto child = brood::spawn(io, brood_test::actor("forker"), {"daemon"}, {.group = true});
  bool ended = false;
  child.out().on_end([&] { ended = true; });
  child.out().on_data([](std::string_view) {});
  child.exited.on([&](brood::exit_status) {
    // A machine that is very busy with other processes may keep the first one from telling.
    if (!child.kill_tree().reached_all_found()) child.kill_tree();
  });
  io.run_for(std::chrono::seconds(20));
  if (!ended) child.in().end();
  return ended;
}

TEST(kill_tree, misses_no_daemon_that_leaves_while_it_looks) {
  const int count = brood_test::load(200, 1000, 50);
  int missed = 0;
  for (int i = 0; i < count; ++i) missed += ends() ? 0 : 1;
  EXPECT_EQ(missed, 0) << "of " << count;
}

}  // namespace

#include <gtest/gtest.h>

#include <brood/async_spawn.hpp>

#include "support.hpp"
#include "support/apart.hpp"

namespace {

using brood_test::loop;

// Returns when every start that was asked for before is over. The launcher takes one after the other: when another one
// is done, so are they.
void wait_for_the_launcher() {
  loop io;
  auto last = brood::async_spawn(io, "true");
  bool ended = false;
  last.async_child([&](brood::error_code ec, std::optional<brood::child_process> child) {
    ASSERT_FALSE(ec);
    child->exited.async_wait([&](brood::error_code, brood::exit_status) { ended = true; });
  });
  io.run();
  EXPECT_TRUE(ended);
}

TEST(async_spawn, may_still_be_under_way_when_its_loop_goes_away) {
  const auto before = brood_test::open_descriptors();
  for (int i = 0; i < 100; ++i) {
    loop io;
    auto spawning = brood::async_spawn(io, "true");
    spawning.async_child([](brood::error_code, const std::optional<brood::child_process>&) {});
    for (int turn = 0; turn < i % 4; ++turn) io.poll();
  }
  wait_for_the_launcher();
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(async_spawn, kills_a_child_that_is_to_go_with_its_handle_when_its_loop_goes_away_first) {
  const auto before = brood_test::open_descriptors();
  for (int turns = 0; turns < 4; ++turns) {
    loop io;
    auto spawning = brood::async_spawn(io, "tail", {"-f", "/dev/null"}, {.on_drop = brood::on_drop::kill});
    spawning.async_child([](brood::error_code, const std::optional<brood::child_process>&) {});
    for (int turn = 0; turn < turns; ++turn) io.poll();
  }
  wait_for_the_launcher();
  brood_test::collect_orphans();  // returns when none of them is left
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

}  // namespace

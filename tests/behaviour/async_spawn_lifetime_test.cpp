#include <gtest/gtest.h>
#include <sys/wait.h>

#include <brood/async_spawn.hpp>

#include "support.hpp"

namespace {

using brood_test::loop;

TEST(async_spawn, may_still_be_under_way_when_its_loop_goes_away) {
  const auto before = brood_test::open_descriptors();
  for (int i = 0; i < 100; ++i) {
    loop io;
    auto spawning = brood::async_spawn(io, "true");
    spawning.async_child([](brood::error_code, const std::optional<brood::child_process>&) {});
    for (int turn = 0; turn < i % 4; ++turn) io.poll();
  }
  {
    // The launcher takes one start after the other: when this one is done, so are the others.
    loop io;
    auto last = brood::async_spawn(io, "true");
    bool ended = false;
    last.async_child([&](brood::error_code ec, std::optional<brood::child_process> child) {
      ASSERT_FALSE(ec);
      child->exited.on([&](brood::exit_status) { ended = true; });
    });
    io.run();
    EXPECT_TRUE(ended);
  }
  while (::waitpid(-1, nullptr, 0) > 0) continue;  // those whose loop was gone have nobody to reap them
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

}  // namespace

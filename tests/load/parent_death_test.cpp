#include <gtest/gtest.h>

#include <brood/child_process.hpp>
#include <random>

#include "behaviour/support.hpp"
#include "support/apart.hpp"

namespace {

using brood_test::loop;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class a_parent_killed_at_any_moment : public testing::TestWithParam<const char*> {
 protected:
  /// Lets the actor start its three children, kills it after `patience`, and waits until all who held its stdout are
  /// gone. Gives how long it took until the third child was there.
  clock::duration kill_after(std::optional<clock::duration> patience) {
    loop io;
    auto parent = brood::spawn(io, brood_test::actor("tied_spawner"), {GetParam()}, {.group = true});
    boost::asio::steady_timer timer(io);
    bool ended = false;
    std::size_t said = 0;
    clock::time_point started;
    clock::duration took{};
    parent.out().on_end([&] { ended = true; });
    parent.out().on_data([&](std::string_view bytes) {
      if (std::exchange(said, said + bytes.size()) == 0) {
        started = clock::now();
        parent.in().write("!");
        if (patience) {
          timer.expires_after(*patience);
          timer.async_wait([&](brood::error_code) { parent.kill(SIGKILL); });
        }
      }
      if (said < 4) return;
      took = clock::now() - started;
      if (!patience) parent.kill(SIGKILL);
    });
    io.run_for(20s);
    EXPECT_TRUE(ended) << "somebody has survived";
    if (!ended) parent.kill_tree();
    return took;
  }
};

TEST_P(a_parent_killed_at_any_moment, takes_its_children_along) {
  const int points = brood_test::load(100, 500, 20);
  const auto usual = kill_after(std::nullopt);  // all three are there, then it is killed
  std::minstd_rand random(std::random_device{}());
  for (int i = 0; i < points && !HasFailure(); ++i) {
    kill_after(usual * static_cast<int>(random() % 1200) / 1000);
  }
}

INSTANTIATE_TEST_SUITE_P(while_it, a_parent_killed_at_any_moment, testing::Values("spawn", "async_spawn"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace

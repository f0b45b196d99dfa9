#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <brood/child_process.hpp>

#include "behaviour/support.hpp"
#include "support/apart.hpp"
#include "support/socket_swap.hpp"

namespace {

using namespace brood_test;

struct swap_in : testing::TestWithParam<brood::serialization> {};

TEST_P(swap_in, both_directions_at_once_loses_no_socket_and_mistakes_none) {
  raise_descriptor_limit();
  const int count = load(10'000, 200'000, 2'000);
  const auto before = open_descriptors();
  {
    loop io;
    auto child = brood::fork(io, actor("socket_swapper"), {std::to_string(count)}, {.serialization = GetParam()});
    socket_swap swap(io.get_executor(), child, "brood-parent-" + std::to_string(::getpid()), count, 2);
    bool child_complete = false;
    const auto end = [&] {
      if (child_complete && swap.complete()) child.disconnect();
    };
    swap.on_complete = end;
    child.messages.on([&](brood::message m) {
      if (m.handle) return swap.take(std::move(m));
      child_complete = true;
      end();
    });
    swap.send_all();
    io.run();
    EXPECT_EQ(swap.complaint(), "");
    EXPECT_TRUE(swap.complete());
    EXPECT_TRUE(swap.shut() > 0 || !socket_swap::can_be_shut) << "it was never at its limit";
    EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
  }
  EXPECT_EQ(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(each_serialization, swap_in,
                         testing::Values(brood::serialization::json, brood::serialization::advanced),
                         [](const auto& one) { return one.param == brood::serialization::json ? "json" : "advanced"; });

}  // namespace

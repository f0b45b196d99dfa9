#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <brood/event.hpp>

namespace {

struct subscriptions : testing::Test {
  boost::asio::io_context io{1};
  std::shared_ptr<brood::detail::listeners<>> state = std::make_shared<brood::detail::listeners<>>(io.get_executor());
  brood::event<> happens = brood::detail::event_of(state);
  int heard = 0;

  brood::subscription listen() {
    return happens.on([this] { ++heard; });
  }
};

TEST_F(subscriptions, stay_when_they_are_dropped) {
  listen();
  state->call();
  EXPECT_EQ(heard, 1);
}

TEST_F(subscriptions, end_with_their_scope_when_they_are_made_scoped) {
  {
    const auto scoped = listen().scoped();
    state->call();
    EXPECT_EQ(heard, 1);
  }
  state->call();
  EXPECT_EQ(heard, 1);
}

TEST_F(subscriptions, move_with_their_scope) {
  brood::scoped_subscription outer;
  {
    auto inner = listen().scoped();
    outer = std::move(inner);
  }
  state->call();
  EXPECT_EQ(heard, 1);
  brood::scoped_subscription last(std::move(outer));
  outer = brood::scoped_subscription();
  state->call();
  EXPECT_EQ(heard, 2);
  last = listen().scoped();
  state->call();
  EXPECT_EQ(heard, 3) << "assigning ended the first";
}

TEST_F(subscriptions, may_outlive_what_they_listen_to) {
  auto its = std::make_shared<brood::detail::listeners<>>(io.get_executor());
  auto left = brood::detail::event_of(its).on([this] { ++heard; });
  auto scoped = brood::detail::event_of(its).on([this] { ++heard; }).scoped();
  its.reset();
  left.cancel();
  EXPECT_EQ(heard, 0);
}

TEST_F(subscriptions, that_are_empty_do_nothing) {
  brood::subscription none;
  none.cancel();
  auto moved = brood::subscription().scoped();
  EXPECT_EQ(heard, 0);
}

TEST_F(subscriptions, may_be_cancelled_by_any_copy) {
  auto one = listen();
  auto other = one;
  one.cancel();
  other.cancel();
  state->call();
  EXPECT_EQ(heard, 0);
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <brood/event.hpp>
#include <stdexcept>

namespace {

namespace asio = boost::asio;
using event = brood::event<int, std::string>;
using emitter = brood::detail::listeners<int, std::string>;

struct events : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<emitter> state = std::make_shared<emitter>(io.get_executor());
  event happens = brood::detail::event_of(state);
  std::vector<std::string> heard;

  auto note(std::string name) {
    return [this, name = std::move(name)](int n, const std::string& text) {
      heard.push_back(name + std::to_string(n) + text);
    };
  }
};

TEST_F(events, tell_every_listener_in_order_each_time) {
  happens.on(note("a"));
  happens.on(note("b"));
  state->call(1, "x");
  state->call(2, "y");
  EXPECT_EQ(heard, (std::vector<std::string>{"a1x", "b1x", "a2y", "b2y"}));
}

TEST_F(events, are_not_remembered) {
  state->call(1, "x");
  happens.on(note("late"));
  io.run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(events, tell_one_added_by_a_listener_the_next_time) {
  bool added = false;
  happens.on([&](int, const std::string&) {
    if (!std::exchange(added, true)) happens.on(note("added"));
  });
  state->call(1, "x");
  EXPECT_TRUE(heard.empty());
  state->call(2, "y");
  EXPECT_EQ(heard, std::vector<std::string>{"added2y"});
}

TEST_F(events, do_not_call_one_removed_by_an_earlier_listener) {
  brood::subscription third;
  brood::subscription first;
  first = happens.on([&](int, const std::string&) {
    first.cancel();
    third.cancel();
  });
  happens.on(note("second"));
  third = happens.on(note("third"));
  state->call(1, "x");
  state->call(2, "y");
  EXPECT_EQ(heard, (std::vector<std::string>{"second1x", "second2y"}));
}

TEST_F(events, bear_an_emission_inside_an_emission) {
  happens.on([&](int n, const std::string& text) {
    if (n < 3) state->call(n + 1, text);
  });
  happens.on(note(""));
  state->call(1, "x");
  EXPECT_EQ(heard, (std::vector<std::string>{"3x", "2x", "1x"}));
}

TEST_F(events, tell_all_though_listeners_throw) {
  happens.on([](int, const std::string&) { throw std::runtime_error("one"); });
  happens.on(note(""));
  happens.on([](int, const std::string&) { throw std::logic_error("two"); });
  EXPECT_NO_THROW(state->call(1, "x"));
  EXPECT_EQ(heard, std::vector<std::string>{"1x"});
  EXPECT_THROW(io.run(), std::runtime_error);
  EXPECT_THROW(io.run(), std::logic_error);
  io.run();
}

TEST_F(events, may_be_dropped_by_a_listener) {
  auto its = std::make_shared<emitter>(io.get_executor());
  std::weak_ptr<emitter> watch = its;
  its->add([&](int, const std::string&) { its.reset(); });
  its->add(note("next"));
  its->call(1, "x");
  EXPECT_EQ(heard, std::vector<std::string>{"next1x"});
  EXPECT_TRUE(watch.expired());
}

TEST_F(events, forget_cancelled_listeners) {
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> watch = kept;
  auto first = happens.on([keep = std::move(kept)](int, const std::string&) {});
  EXPECT_FALSE(state->empty());
  first.cancel();
  EXPECT_TRUE(state->empty());
  happens.on(note(""));
  EXPECT_TRUE(watch.expired());
}

}  // namespace

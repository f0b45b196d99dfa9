#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <brood/event.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using brood::detail::loop_entry;
using brood::detail::loop_guard;

/// Enters on a second thread; the text of the exception, or nothing.
std::string enter_elsewhere(loop_guard* guard) {
  return std::async(std::launch::async,
                    [guard] {
                      try {
                        const loop_entry entry(loop_entry::from::handler, guard);
                        return std::string();
                      } catch (const std::logic_error& refused) {
                        return std::string(refused.what());
                      }
                    })
      .get();
}

TEST(a_loop, refuses_a_second_thread_while_one_is_inside) {
  asio::io_context io;
  const auto guard = loop_guard::of(io.get_executor());
  {
    const loop_entry entry(loop_entry::from::call, guard.get());
    EXPECT_THAT(enter_elsewhere(guard.get()), testing::HasSubstr("strand"));
    { const loop_entry nested(loop_entry::from::handler, guard.get()); }
    EXPECT_NE(enter_elsewhere(guard.get()), "") << "a nested stay does not end the outer one";
  }
  EXPECT_EQ(enter_elsewhere(guard.get()), "");
}

TEST(a_loop, has_one_guard_and_a_strand_has_none) {
  asio::io_context io;
  asio::thread_pool pool(1);
  EXPECT_NE(loop_guard::of(io.get_executor()), nullptr);
  EXPECT_EQ(loop_guard::of(io.get_executor()), loop_guard::of(io.get_executor()));
  EXPECT_NE(loop_guard::of(pool.get_executor()), loop_guard::of(io.get_executor()));
  EXPECT_EQ(loop_guard::of(asio::make_strand(io)), nullptr);
}

/// What a handle does: a call that causes all three kinds of events.
struct thing {
  explicit thing(const asio::any_io_executor& ex)
      : once(std::make_shared<brood::detail::one_shot_state<int>>(ex)),
        queue(std::make_shared<brood::detail::inbox_state<int>>(ex, 10)),
        often(std::make_shared<brood::detail::listeners<int>>(ex)) {}

  void cause(int value) {
    once->set({}, value);
    queue->push(int(value));
    often->call(value);
  }

  const std::shared_ptr<brood::detail::one_shot_state<int>> once;
  const std::shared_ptr<brood::detail::inbox_state<int>> queue;
  const std::shared_ptr<brood::detail::listeners<int>> often;
};

struct listeners_of_a_handle : testing::Test {
  asio::io_context io{1};
  const std::shared_ptr<thing> state = std::make_shared<thing>(io.get_executor());
  brood::detail::state_ptr<thing> handle{state, io.get_executor()};
  std::vector<std::string> heard;

  void listen() {
    brood::detail::event_of(state->once).on([this](int v) { heard.push_back("once " + std::to_string(v)); });
    brood::detail::event_of(state->queue).on([this](int v) { heard.push_back("queue " + std::to_string(v)); });
    brood::detail::event_of(state->often).on([this](int v) { heard.push_back("often " + std::to_string(v)); });
  }
};

TEST_F(listeners_of_a_handle, are_not_called_inside_a_call_of_the_program) {
  listen();
  handle->cause(1);
  EXPECT_TRUE(heard.empty());
  io.run();
  EXPECT_THAT(heard, testing::UnorderedElementsAre("once 1", "queue 1", "often 1"));
}

TEST_F(listeners_of_a_handle, are_not_called_inside_a_call_that_a_listener_makes) {
  listen();
  auto inside = brood::detail::event_of(state->often).on([this](int v) {
    if (v != 1) return;
    const auto before = heard;
    handle->cause(2);
    EXPECT_EQ(heard, before);
  });
  state->often->call(1);
  io.run();
  EXPECT_THAT(heard, testing::IsSupersetOf({"often 1", "often 2", "once 2", "queue 2"}));
}

TEST_F(listeners_of_a_handle, hear_events_in_order_though_some_are_postponed) {
  listen();
  handle->cause(1);
  state->often->call(2);  // from the loop, but it must not overtake
  io.run();
  EXPECT_THAT(heard, testing::IsSupersetOf({"often 1", "often 2"}));
  EXPECT_LT(std::find(heard.begin(), heard.end(), "often 1"), std::find(heard.begin(), heard.end(), "often 2"));
}

TEST_F(listeners_of_a_handle, are_called_from_the_loop_at_once) {
  listen();
  state->cause(1);
  EXPECT_THAT(heard, testing::IsSupersetOf({"once 1", "often 1"}));
}

TEST_F(listeners_of_a_handle, are_forgotten_with_it_even_if_the_event_is_on_its_way) {
  listen();
  handle->cause(1);
  state->once->forget_program();
  state->queue->forget_program();
  state->often->forget_program();
  io.run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(listeners_of_a_handle, of_the_library_are_called_inside_the_call) {
  int value = 0;
  state->once->listen([&](int v) { value = v; });
  handle->cause(1);
  EXPECT_EQ(value, 1);
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <brood/error.hpp>
#include <brood/event.hpp>
#include <future>
#include <stdexcept>

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using brood::milestone;

struct milestones : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<milestone<int>::state> state = std::make_shared<milestone<int>::state>(io.get_executor());
  milestone<int> happens{state};
  std::vector<std::string> heard;

  auto note(std::string name) {
    return [this, name = std::move(name)](int value) { heard.push_back(name + std::to_string(value)); };
  }
  auto note_wait(std::string name) {
    return [this, name = std::move(name)](error_code ec, int value) {
      heard.push_back(ec ? name + ec.message() : name + std::to_string(value));
    };
  }
  void run() {
    io.restart();
    io.run();
  }
};

TEST_F(milestones, tell_early_listeners_in_order_at_once) {
  happens.on(note("a"));
  happens.on(note("b"));
  EXPECT_FALSE(happens.reached());
  EXPECT_EQ(happens.value(), nullptr);
  state->set({}, 7);
  EXPECT_EQ(heard, (std::vector<std::string>{"a7", "b7"}));
  EXPECT_TRUE(happens.reached());
  EXPECT_EQ(*happens.value(), 7);
}

TEST_F(milestones, tell_late_listeners_from_the_loop) {
  state->set({}, 7);
  happens.on(note("late"));
  EXPECT_TRUE(heard.empty()) << "never inside on()";
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"late7"});
}

TEST_F(milestones, happen_once) {
  happens.on(note("a"));
  state->set({}, 1);
  state->set({}, 2);
  happens.on(note("b"));
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"a1", "b1"}));
}

TEST_F(milestones, complete_early_and_late_waits_from_the_loop) {
  happens.async_wait(note_wait("early"));
  state->set({}, 3);
  EXPECT_TRUE(heard.empty());
  happens.async_wait(note_wait("late"));
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"early3", "late3"}));
}

TEST_F(milestones, keep_the_error_of_those_who_wait) {
  happens.async_wait(note_wait(""));
  state->set(make_error_code(brood::errc::status_lost), 0);
  happens.async_wait(note_wait(""));
  run();
  const auto text = make_error_code(brood::errc::status_lost).message();
  EXPECT_EQ(heard, (std::vector<std::string>{text, text}));
}

TEST_F(milestones, work_with_futures) {
  std::future<int> early = happens.async_wait(asio::use_future);
  state->set({}, 5);
  run();
  EXPECT_EQ(early.get(), 5);
}

TEST_F(milestones, do_not_call_a_listener_that_was_cancelled) {
  auto early = happens.on(note("early"));
  early.cancel();
  early.cancel();
  state->set({}, 1);
  auto late = happens.on(note("late"));
  late.cancel();
  { auto scoped = happens.on(note("scoped")).scoped(); }
  run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(milestones, do_not_call_a_listener_that_an_earlier_one_cancels) {
  brood::subscription second;
  happens.on([&](int) { second.cancel(); });
  second = happens.on(note("second"));
  state->set({}, 1);
  EXPECT_TRUE(heard.empty());
}

TEST_F(milestones, tell_a_listener_that_a_listener_adds) {
  happens.on([&](int) { happens.on(note("added")); });
  state->set({}, 1);
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"added1"});
}

TEST_F(milestones, let_go_of_their_listeners) {
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> watch = kept;
  happens.on([keep = std::move(kept)](int) {});
  state->set({}, 1);
  EXPECT_TRUE(watch.expired());
}

TEST_F(milestones, may_be_dropped_by_their_listener) {
  auto owner = std::make_shared<std::optional<milestone<int>>>(std::move(happens));
  std::weak_ptr<milestone<int>::state> watch = state;
  (*owner)->on([&](int) {
    owner.reset();
    state.reset();
  });
  (*owner)->on(note("next"));
  state->set({}, 1);
  EXPECT_EQ(heard, std::vector<std::string>{"next1"});
  EXPECT_TRUE(watch.expired());
}

TEST_F(milestones, tell_all_though_one_listener_throws) {
  happens.on([](int) { throw std::runtime_error("listener"); });
  happens.on(note("next"));
  EXPECT_NO_THROW(state->set({}, 1)) << "what stands behind the event is not disturbed";
  EXPECT_EQ(heard, std::vector<std::string>{"next1"});
  EXPECT_THROW(run(), std::runtime_error);
  run();
}

TEST_F(milestones, tell_who_waits_that_they_cannot_happen_any_more) {
  happens.async_wait(note_wait(""));
  happens = milestone<int>(nullptr);
  state.reset();
  run();
  EXPECT_EQ(heard, std::vector<std::string>{error_code(asio::error::operation_aborted).message()});
}

TEST_F(milestones, end_a_wait_whose_slot_fires_and_no_other) {
  asio::cancellation_signal signal;
  happens.async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("cancelled ")));
  happens.async_wait(note_wait("other"));
  signal.emit(asio::cancellation_type::partial);
  EXPECT_TRUE(heard.empty()) << "not from inside emit()";
  run();
  state->set({}, 4);
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"cancelled Operation canceled", "other4"}));
}

TEST_F(milestones, bear_a_slot_that_fires_again) {
  asio::cancellation_signal signal;
  happens.async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("")));
  signal.emit(asio::cancellation_type::total);
  signal.emit(asio::cancellation_type::terminal);
  run();
  signal.emit(asio::cancellation_type::terminal);
  state.reset();
  happens = milestone<int>(nullptr);
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(milestones, are_past_cancelling_once_they_have_happened) {
  asio::cancellation_signal signal;
  happens.async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("")));
  state->set({}, 4);
  signal.emit(asio::cancellation_type::total);
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"4"});
}

TEST(milestone, without_a_result_is_a_plain_signal) {
  asio::io_context io;
  auto state = std::make_shared<milestone<>::state>(io.get_executor());
  milestone<> happens(state);
  int count = 0;
  happens.on([&] { ++count; });
  happens.async_wait([&](error_code ec) { count += ec ? 100 : 10; });
  state->set({});
  io.run();
  EXPECT_EQ(count, 11);
}

}  // namespace

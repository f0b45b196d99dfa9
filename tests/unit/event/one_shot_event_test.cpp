#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <brood/error.hpp>
#include <brood/event.hpp>
#include <future>
#include <stdexcept>
#include <thread>

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using brood::one_shot_event;

struct one_shot_events : testing::Test {
  asio::io_context io{1};
  std::shared_ptr<brood::detail::one_shot_state<int>> state =
      std::make_shared<brood::detail::one_shot_state<int>>(io.get_executor());
  one_shot_event<int> happens = brood::detail::event_of(state);
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
    io.poll();  // run() would wait for the waits that are not over
  }
};

TEST_F(one_shot_events, tell_early_listeners_in_order_at_once) {
  happens.on(note("a"));
  happens.on(note("b"));
  EXPECT_FALSE(happens.happened());
  EXPECT_EQ(happens.value(), nullptr);
  state->set({}, 7);
  EXPECT_EQ(heard, (std::vector<std::string>{"a7", "b7"}));
  EXPECT_TRUE(happens.happened());
  EXPECT_EQ(*happens.value(), 7);
}

TEST_F(one_shot_events, tell_late_listeners_from_the_loop) {
  state->set({}, 7);
  happens.on(note("late"));
  EXPECT_TRUE(heard.empty()) << "never inside on()";
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"late7"});
}

TEST_F(one_shot_events, happen_once) {
  happens.on(note("a"));
  state->set({}, 1);
  state->set({}, 2);
  happens.on(note("b"));
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"a1", "b1"}));
}

TEST_F(one_shot_events, complete_early_and_late_waits_from_the_loop) {
  happens.async_wait(note_wait("early"));
  state->set({}, 3);
  EXPECT_TRUE(heard.empty());
  happens.async_wait(note_wait("late"));
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"early3", "late3"}));
}

TEST_F(one_shot_events, keep_the_error_of_those_who_wait) {
  happens.async_wait(note_wait(""));
  state->set(make_error_code(brood::errc::status_lost), 0);
  happens.async_wait(note_wait(""));
  run();
  const auto text = make_error_code(brood::errc::status_lost).message();
  EXPECT_EQ(heard, (std::vector<std::string>{text, text}));
}

TEST_F(one_shot_events, work_with_futures) {
  std::future<int> early = happens.async_wait(asio::use_future);
  state->set({}, 5);
  run();
  EXPECT_EQ(early.get(), 5);
}

TEST_F(one_shot_events, do_not_call_a_listener_that_was_cancelled) {
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

TEST_F(one_shot_events, do_not_call_a_listener_that_an_earlier_one_cancels) {
  brood::subscription second;
  happens.on([&](int) { second.cancel(); });
  second = happens.on(note("second"));
  state->set({}, 1);
  EXPECT_TRUE(heard.empty());
}

TEST_F(one_shot_events, tell_a_listener_that_a_listener_adds) {
  happens.on([&](int) { happens.on(note("added")); });
  state->set({}, 1);
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"added1"});
}

TEST_F(one_shot_events, let_go_of_their_listeners) {
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> watch = kept;
  happens.on([keep = std::move(kept)](int) {});
  state->set({}, 1);
  EXPECT_TRUE(watch.expired());
}

TEST_F(one_shot_events, may_be_dropped_by_their_listener) {
  auto its = std::make_shared<brood::detail::one_shot_state<int>>(io.get_executor());
  std::weak_ptr<brood::detail::one_shot_state<int>> watch = its;
  std::optional owner(brood::detail::event_of(its));
  owner->on([&](int) {
    owner.reset();
    its.reset();
  });
  owner->on(note("next"));
  its->set({}, 1);
  EXPECT_EQ(heard, std::vector<std::string>{"next1"});
  EXPECT_TRUE(watch.expired());
}

TEST_F(one_shot_events, tell_all_though_one_listener_throws) {
  happens.on([](int) { throw std::runtime_error("listener"); });
  happens.on(note("next"));
  EXPECT_NO_THROW(state->set({}, 1)) << "what stands behind the event is not disturbed";
  EXPECT_EQ(heard, std::vector<std::string>{"next1"});
  EXPECT_THROW(run(), std::runtime_error);
  run();
}

TEST_F(one_shot_events, tell_who_waits_that_they_cannot_happen_any_more) {
  auto its = std::make_shared<brood::detail::one_shot_state<int>>(io.get_executor());
  std::optional owner(brood::detail::event_of(its));
  owner->async_wait(note_wait(""));
  owner.reset();
  its.reset();
  run();
  EXPECT_EQ(heard, std::vector<std::string>{error_code(asio::error::operation_aborted).message()});
}

TEST_F(one_shot_events, end_a_wait_whose_slot_fires_and_no_other) {
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

TEST_F(one_shot_events, bear_a_slot_that_fires_again) {
  asio::cancellation_signal signal;
  auto its = std::make_shared<brood::detail::one_shot_state<int>>(io.get_executor());
  std::optional owner(brood::detail::event_of(its));
  owner->async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("")));
  signal.emit(asio::cancellation_type::total);
  signal.emit(asio::cancellation_type::terminal);
  run();
  signal.emit(asio::cancellation_type::terminal);
  its.reset();
  owner.reset();
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(one_shot_events, are_past_cancelling_once_they_have_happened) {
  asio::cancellation_signal signal;
  happens.async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("")));
  state->set({}, 4);
  signal.emit(asio::cancellation_type::total);
  run();
  EXPECT_EQ(heard, std::vector<std::string>{"4"});
}

TEST(one_shot_event, without_a_result_is_a_plain_signal) {
  asio::io_context io;
  auto state = std::make_shared<brood::detail::one_shot_state<>>(io.get_executor());
  auto happens = brood::detail::event_of(state);
  int count = 0;
  happens.on([&] { ++count; });
  happens.async_wait([&](error_code ec) { count += ec ? 100 : 10; });
  state->set({});
  io.run();
  EXPECT_EQ(count, 11);
}

TEST_F(one_shot_events, that_cannot_happen_any_more_end_waits_and_call_no_listener) {
  happens.async_wait(note_wait(""));
  happens.on(note("listener"));
  state->fail(asio::error::operation_aborted);
  happens.async_wait(note_wait(""));
  happens.on(note("late listener"));
  run();
  const auto text = error_code(asio::error::operation_aborted).message();
  EXPECT_EQ(heard, (std::vector<std::string>{text, text}));
  EXPECT_FALSE(happens.happened());
  EXPECT_EQ(happens.error(), asio::error::operation_aborted);
}

TEST_F(one_shot_events, keep_run_from_returning_while_somebody_waits) {
  asio::cancellation_signal signal;
  happens.async_wait(asio::bind_cancellation_slot(signal.slot(), note_wait("")));
  io.poll();
  EXPECT_FALSE(io.stopped());
  signal.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(heard.size(), 1u);
  EXPECT_TRUE(io.stopped());
}

TEST_F(one_shot_events, keep_the_context_of_the_handler_from_returning) {
  asio::io_context other{1};
  std::thread::id ran{};
  happens.async_wait(asio::bind_executor(other, [&](error_code, int) { ran = std::this_thread::get_id(); }));
  std::thread waits([&] { other.run(); });
  const auto there = waits.get_id();
  state->set({}, 1);
  io.run();
  waits.join();
  EXPECT_EQ(ran, there);
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <brood/event.hpp>
#include <memory>
#include <stdexcept>

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

using item = std::unique_ptr<int>;  // values need not be copyable
using inbox = brood::inbox<item>;
using queue = brood::detail::inbox_state<item>;

item make(int number) { return std::make_unique<int>(number); }

struct inboxes : testing::Test {
  static constexpr std::size_t capacity = 3;
  asio::io_context io{1};
  std::shared_ptr<queue> state = std::make_shared<queue>(io.get_executor(), capacity);
  inbox values = brood::detail::event_of(state);
  std::vector<int> read;

  static constexpr int end = -1;
  static constexpr int aborted = -2;

  auto take() {
    return [this](const item& v) { read.push_back(*v); };
  }
  auto take_next() {
    return [this](error_code ec, std::optional<item> v) { read.push_back(ec ? aborted : v ? **v : end); };
  }
  void push(int from, int to) {
    for (int i = from; i <= to; ++i) state->push(make(i));
  }
  void run() {
    io.restart();
    io.poll();  // run() would wait for the waits that are not over
  }
  void run_to_end() {
    io.restart();
    io.run();
  }
};

TEST_F(inboxes, keep_values_until_they_are_read) {
  push(1, 2);
  values.async_next(take_next());
  EXPECT_TRUE(read.empty()) << "never inside async_next()";
  run();
  EXPECT_EQ(read, std::vector<int>{1});
  values.async_next(take_next());
  values.async_next(take_next());
  run();
  push(3, 3);
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3}));
}

TEST_F(inboxes, give_each_value_to_one_reader_in_their_order) {
  std::vector<int> first;
  values.async_next([&](error_code, const std::optional<item>& v) { first.push_back(**v); });
  values.async_next(take_next());
  push(1, 2);
  run();
  EXPECT_EQ(first, std::vector<int>{1});
  EXPECT_EQ(read, std::vector<int>{2});
}

TEST_F(inboxes, give_a_listener_what_waits_first) {
  push(1, 2);
  values.on(take());
  EXPECT_TRUE(read.empty()) << "never inside on()";
  run();
  push(3, 4);
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(inboxes, replace_the_listener) {
  values.on([](const item&) { FAIL() << "replaced"; });
  values.on(take());
  push(1, 1);
  EXPECT_EQ(read, std::vector<int>{1});
}

TEST_F(inboxes, keep_for_the_next_reader_what_a_cancelled_one_did_not_read) {
  brood::subscription reading;
  reading = values.on([&](const item& v) {
    read.push_back(*v);
    if (*v == 2) reading.cancel();
  });
  push(1, 4);
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2}));
  values.async_next(take_next());
  values.async_next(take_next());
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(inboxes, take_values_pushed_by_their_listener_in_order) {
  values.on([&](const item& v) {
    read.push_back(*v);
    if (*v == 1) push(10, 11);
    EXPECT_LE(read.size(), 3U);
  });
  push(1, 1);
  EXPECT_EQ(read, (std::vector<int>{1, 10, 11}));
}

TEST_F(inboxes, end_after_the_last_value) {
  push(1, 1);
  state->end();
  state->end();
  push(2, 2);
  for (int i = 0; i < 3; ++i) values.async_next(take_next());
  run();
  EXPECT_EQ(read, (std::vector<int>{1, end, end}));
}

TEST_F(inboxes, end_for_those_who_wait) {
  values.async_next(take_next());
  values.async_next(take_next());
  state->end();
  run();
  EXPECT_EQ(read, (std::vector<int>{end, end}));
}

TEST_F(inboxes, are_full_at_their_capacity_and_lose_nothing_beyond) {
  push(1, 2);
  EXPECT_FALSE(state->full());
  push(3, 5);
  EXPECT_TRUE(state->full());
  values.on(take());
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(inboxes, tell_their_source_when_there_is_room_again) {
  int room = 0;
  state->on_room([&] {
    EXPECT_FALSE(state->full());
    ++room;
  });
  push(1, 4);
  room = 0;
  values.async_next(take_next());
  run();
  EXPECT_EQ(room, 0) << "still full";
  values.async_next(take_next());
  run();
  EXPECT_EQ(room, 1);
  push(5, 6);
  room = 0;
  values.on(take());
  run();
  EXPECT_GE(room, 1);
}

TEST_F(inboxes, tell_of_room_though_the_listener_throws_at_the_last_value) {
  int room = 0;
  state->on_room([&] { ++room; });
  push(1, 3);
  values.on([&](const item& v) {
    read.push_back(*v);
    if (*v == 3) throw std::runtime_error("listener");
  });
  EXPECT_THROW(run(), std::runtime_error);
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(room, 1);
}

TEST_F(inboxes, lose_no_value_when_the_listener_throws) {
  values.on([&](const item& v) {
    read.push_back(*v);
    throw std::runtime_error("listener");
  });
  EXPECT_NO_THROW(push(1, 3)) << "what stands behind the inbox is not disturbed";
  for (int i = 0; i < 3; ++i) EXPECT_THROW(run(), std::runtime_error);
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3}));
}

TEST_F(inboxes, tell_their_source_whether_anybody_reads) {
  std::vector<bool> reading;
  state->on_reader([&](bool on) { reading.push_back(on); });
  EXPECT_FALSE(state->ever_read());
  values.async_next(take_next());
  push(1, 1);
  EXPECT_EQ(reading, (std::vector<bool>{true, false}));
  EXPECT_TRUE(state->ever_read());
  asio::cancellation_signal signal;
  values.async_next(asio::bind_cancellation_slot(signal.slot(), take_next()));
  signal.emit(asio::cancellation_type::all);
  EXPECT_EQ(reading, (std::vector<bool>{true, false, true, false}));
  values.on(take());
  EXPECT_TRUE(reading.back());
  run();
}

TEST_F(inboxes, lose_no_value_to_a_cancelled_wait) {
  asio::cancellation_signal signal;
  values.async_next(asio::bind_cancellation_slot(signal.slot(), take_next()));
  signal.emit(asio::cancellation_type::terminal);
  signal.emit(asio::cancellation_type::terminal);
  push(1, 1);
  run();
  EXPECT_EQ(read, std::vector<int>{aborted});
  values.async_next(take_next());
  run();
  EXPECT_EQ(read, (std::vector<int>{aborted, 1}));
}

TEST_F(inboxes, are_past_cancelling_once_the_value_is_there) {
  asio::cancellation_signal signal;
  values.async_next(asio::bind_cancellation_slot(signal.slot(), take_next()));
  push(1, 1);
  signal.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(read, std::vector<int>{1});
}

TEST_F(inboxes, let_go_of_their_listener_after_the_end) {
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> watch = kept;
  push(1, 2);
  values.on([this, keep = std::move(kept)](const item& v) { read.push_back(*v); });
  state->end();
  EXPECT_FALSE(watch.expired()) << "it still has to read";
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2}));
  EXPECT_TRUE(watch.expired());
}

TEST_F(inboxes, let_go_of_their_listener_at_the_end) {
  auto kept = std::make_shared<int>();
  std::weak_ptr<int> watch = kept;
  values.on([keep = std::move(kept)](const item&) {});
  run();
  state->end();
  EXPECT_TRUE(watch.expired());
}

TEST_F(inboxes, may_be_dropped_by_their_listener) {
  auto its = std::make_shared<queue>(io.get_executor(), capacity);
  std::weak_ptr<queue> watch = its;
  std::optional owner(brood::detail::event_of(its));
  its->push(make(1));
  its->push(make(2));
  owner->on([&](const item& v) {
    read.push_back(*v);
    owner.reset();
    its.reset();
  });
  run();
  EXPECT_EQ(read, (std::vector<int>{1, 2}));
  EXPECT_TRUE(watch.expired());
}

TEST_F(inboxes, abort_the_waits_of_one_that_goes_away) {
  auto its = std::make_shared<queue>(io.get_executor(), capacity);
  std::optional owner(brood::detail::event_of(its));
  owner->async_next(take_next());
  owner.reset();
  its.reset();
  run();
  EXPECT_EQ(read, std::vector<int>{aborted});
}

TEST_F(inboxes, are_full_sooner_of_what_weighs_more) {
  state->push(make(1), 2);
  EXPECT_FALSE(state->full());
  state->push(make(2), 100);
  EXPECT_TRUE(state->full());
  values.async_next(take_next());
  run();
  EXPECT_TRUE(state->full()) << "the heavy one is still there";
  values.async_next(take_next());
  run();
  EXPECT_FALSE(state->full());
}

TEST_F(inboxes, give_a_value_that_comes_in_time) {
  std::vector<std::string> ended;
  const auto note = [&](error_code ec, std::optional<item> v) {
    ended.push_back(ec ? ec.message() : v ? std::to_string(**v) : "end");
  };
  values.async_next_within(std::chrono::hours(1), note);
  push(1, 2);
  values.async_next_within(std::chrono::milliseconds(0), note);
  run_to_end();
  EXPECT_EQ(ended, (std::vector<std::string>{"1", "2"})) << "run() does not wait for the hour";
}

TEST_F(inboxes, end_a_bounded_wait_without_losing_a_value) {
  error_code ended;
  values.async_next_within(std::chrono::milliseconds(0), [&](error_code ec, const std::optional<item>& v) {
    ended = ec;
    EXPECT_FALSE(v);
    push(7, 7);
  });
  run_to_end();
  EXPECT_EQ(ended, asio::error::timed_out);
  values.async_next(take_next());
  run();
  EXPECT_EQ(read, std::vector<int>{7});
}

}  // namespace

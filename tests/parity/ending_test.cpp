#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/object.hpp>
#include <brood/exec.hpp>
#include <brood/signals.hpp>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, section C: kill, time limits, cancellation.

namespace {

namespace asio = boost::asio;
using brood::exit_status;
using brood_test::actor;
using brood_test::loop;
using brood_test::node;
using brood_test::told;
using namespace std::chrono_literals;

TEST(ending, kill_sends_sigterm_unless_told_otherwise) {
  for (const int signal : {SIGTERM, SIGKILL, SIGINT, SIGHUP}) {
    loop io;
    auto child = brood::spawn(io, "cat", {}, {.in = brood::stdio::pipe});
    EXPECT_FALSE(child.killed());
    EXPECT_TRUE(signal == SIGTERM ? child.kill() : child.kill(signal));
    EXPECT_TRUE(child.killed());
    io.run();
    EXPECT_EQ(told(to_string(*child.exited.value())), node("spawn", "cat", {}, {{"kill", brood::signal_name(signal)}}));
  }
}

TEST(ending, signal_zero_asks_and_kills_nobody) {
  loop io;
  auto child = brood::spawn(io, "cat");
  EXPECT_TRUE(child.kill(0));
  EXPECT_TRUE(child.killed()) << "as in Node: a signal was sent";
  EXPECT_TRUE(child.kill(0)) << "it lives";
  child.in().end();
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
  EXPECT_FALSE(child.kill(0));
  EXPECT_FALSE(child.kill());
}

TEST(ending, a_signal_that_does_not_exist_is_refused) {
  loop io;
  auto child = brood::spawn(io, "cat");
  for (const int signal : {-1, 65, 1000}) {
    EXPECT_THROW(child.kill(signal), boost::system::system_error) << signal;
  }
  EXPECT_FALSE(child.killed());
  child.in().end();
  io.run();
  EXPECT_EQ(brood::signal_number("SIGFOO"), std::nullopt);
  EXPECT_EQ(brood::signal_number("foo"), std::nullopt);
}

TEST(ending, a_time_limit_sends_the_signal_asked_for) {
  for (const int signal : {SIGTERM, SIGKILL, SIGUSR2}) {
    loop io;
    auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.timeout = 20ms, .stop = {{signal, 0ms}}});
    io.run();
    EXPECT_EQ(
        told(to_string(*child.exited.value())),
        node("spawn", "tail", {"-f", "/dev/null"}, {{"timeout", 20}, {"killSignal", brood::signal_name(signal)}}));
    EXPECT_TRUE(child.killed());
  }
}

TEST(ending, a_time_limit_sends_the_signal_to_a_forked_child) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    loop io;
    auto child = brood::fork(io, actor("channel_child"), {}, {.timeout = 20ms, .stop = {{signal, 0ms}}});
    io.run();
    EXPECT_EQ(*child.exited.value(), exit_status::killed(signal));
    EXPECT_TRUE(child.disconnected.happened());
  }
}

TEST(ending, a_time_limit_that_was_not_needed_holds_nothing_up) {
  loop io;  // ctest's own limit is a minute
  auto child = brood::spawn(io, "true", {}, {.timeout = 24h});
  auto run = brood::exec(io, "true", {.timeout = 24h});
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
  EXPECT_EQ(*run.child().exited.value(), exit_status::exited(0));
  EXPECT_FALSE(child.killed());
}

TEST(ending, a_forked_child_is_stopped_by_the_steps_given) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  child.stop({{SIGKILL, 0ms}});
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::killed(SIGKILL));
  EXPECT_TRUE(child.disconnected.happened());
}

TEST(ending, a_cancellation_at_once_ends_a_child_that_has_started) {
  // Node, too, starts it and then kills it, where the signal was aborted before the call.
  loop io;
  asio::cancellation_signal cancel;
  auto run = brood::exec_file(io, "tail", {"-f", "/dev/null"});
  int told = 0;
  run.async_result(asio::bind_cancellation_slot(cancel.slot(), [&](brood::error_code ec, const brood::exec_result&) {
    EXPECT_EQ(ec, asio::error::operation_aborted);
    ++told;
  }));
  cancel.emit(asio::cancellation_type::partial);
  cancel.emit(asio::cancellation_type::partial);
  io.run();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(*run.child().exited.value(), exit_status::killed(SIGTERM));
}

TEST(ending, a_cancellation_after_the_end_does_nothing) {
  loop io;
  asio::cancellation_signal cancel;
  auto run = brood::exec(io, "exit 3");
  int told = 0;
  run.async_result(
      asio::bind_cancellation_slot(cancel.slot(), [&](brood::error_code ec, const brood::exec_result& result) {
        EXPECT_FALSE(ec);
        EXPECT_EQ(result.status, exit_status::exited(3));
        ++told;
      }));
  io.run();
  cancel.emit(asio::cancellation_type::all);
  io.restart();
  io.run();
  EXPECT_EQ(told, 1);
}

}  // namespace

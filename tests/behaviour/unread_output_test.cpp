#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <brood/child_process.hpp>

#include "support.hpp"

// Output that nobody reads at the moment neither gets lost nor holds up `closed`.
namespace {

using brood::exit_status;
using brood_test::all_of;
using brood_test::loop;
namespace asio = boost::asio;

/// Exits at once and leaves somebody behind who writes `text` when stdin has ended, which it does at the exit.
std::string left_behind(const std::string& text) { return "exec 3<&0; (read go <&3; printf " + text + ") & exit 0"; }

/// Who listens, and pauses now and then, has heard all before the last event.
TEST(output_that_is_read_with_pauses, is_given_out_before_closed) {
  loop io;
  std::size_t heard = 0;
  std::size_t heard_when_closed = 0;
  auto child = brood::spawn(io, "head", {"-c", "5000000", "/dev/zero"});
  child.out().on_data([&](std::string_view data) {
    heard += data.size();
    child.out().pause();
    asio::post(io, [&] { child.out().resume(); });
  });
  child.closed.on([&](const exit_status&) { heard_when_closed = heard; });
  io.run();
  EXPECT_EQ(heard_when_closed, 5'000'000U);
}

TEST(unread_output, that_is_paused_does_not_hold_up_closed) {
  loop io;
  auto child = brood::spawn(io, "echo", {"kept"});
  child.out().pause();
  io.run();
  EXPECT_TRUE(child.closed.happened());
  EXPECT_FALSE(child.out().ended.happened());
  child.out().resume();
  EXPECT_EQ(all_of(io, child.out()), "kept\n");
  EXPECT_TRUE(child.out().ended.happened());
}

TEST(output_that_is_read_with_pauses, comes_after_resume_and_before_closed) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "echo first; read go; echo second"});
  std::string text;
  child.out().on_data([&](std::string_view data) {
    text += data;
    if (text != "first\n") return;
    child.out().pause();
    child.in().end("\n");
  });
  io.run();
  EXPECT_TRUE(child.exited.happened());
  EXPECT_FALSE(child.closed.happened());
  EXPECT_EQ(text, "first\n");
  child.out().resume();
  io.restart();
  io.run();
  EXPECT_EQ(text, "first\nsecond\n");
  EXPECT_TRUE(child.closed.happened());
  EXPECT_TRUE(child.out().ended.happened());
}

TEST(unread_output, behind_what_was_asked_for_does_not_hold_up_closed) {
  loop io;
  auto child = brood::spawn(io, brood::shell(left_behind("ab")));
  char first = 0;
  child.out().async_read_some(asio::buffer(&first, 1), [](brood::error_code, std::size_t) {});
  io.run();
  EXPECT_EQ(first, 'a');
  EXPECT_TRUE(child.closed.happened());
  EXPECT_EQ(all_of(io, child.out()), "b");
}

TEST(unread_output, whose_reader_was_cancelled_does_not_hold_up_closed) {
  loop io;
  auto child = brood::spawn(io, brood::shell(left_behind("late")));
  asio::cancellation_signal enough;
  char first = 0;
  brood::error_code seen;
  child.out().async_read_some(
      asio::buffer(&first, 1),
      asio::bind_cancellation_slot(enough.slot(), [&](brood::error_code ec, std::size_t) { seen = ec; }));
  child.exited.on([&](exit_status) { enough.emit(asio::cancellation_type::total); });
  io.run();
  EXPECT_EQ(seen, asio::error::operation_aborted);
  EXPECT_TRUE(child.closed.happened());
  EXPECT_EQ(all_of(io, child.out()), "late");
}

TEST(unread_output, of_a_child_that_does_not_keep_the_loop_does_not_either) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  loop io;
  auto child = brood::spawn(io, brood::shell("exec 4<&3; (read go <&4) & exit 0"), {.more = {brood::stdio::pipe}});
  auto held = child.release_stdio(3);  // who is left behind ends when this does
  child.unref();
  const auto work = std::make_unique<asio::executor_work_guard<asio::any_io_executor>>(io.get_executor());
  child.exited.on([&](exit_status) { work->reset(); });
  io.run();
  EXPECT_TRUE(child.exited.happened());
  EXPECT_FALSE(child.closed.happened());
  held.reset();
  child.ref();
  io.restart();
  io.run();
  EXPECT_TRUE(child.closed.happened());
}

}  // namespace

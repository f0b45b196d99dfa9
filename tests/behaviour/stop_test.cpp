#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <brood/child_process.hpp>
#include <brood/exec.hpp>
#include <brood/spawn_sync.hpp>
#include <stdexcept>
#include <vector>

#include "support.hpp"

// The steps by which a child is made to end, and the time it is given.
namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::loop;
using namespace std::chrono_literals;
namespace asio = boost::asio;

TEST(the_steps, that_could_end_nothing_are_refused) {
  loop io;
  const std::vector<brood::stop_steps> useless = {{}, {{999, 1ms}}, {{0, 1ms}}, {{-1, 1ms}}, {{SIGTERM, -1ms}}};
  auto child = brood::spawn(io, "cat", {}, {.out = stdio::ignore});
  for (const auto& steps : useless) {
    EXPECT_THROW(child.stop(steps), std::invalid_argument);
    EXPECT_THROW(brood::spawn(io, "true", {}, {.stop = steps}), brood::spawn_error);
    EXPECT_THROW(brood::exec(io, "true", {.stop = steps}), brood::spawn_error);
  }
  EXPECT_THROW(brood::spawn(io, "true", {}, {.timeout = -1ms}), brood::spawn_error);
  EXPECT_THROW(brood::exec(io, "true", {.timeout = -1ms}), brood::spawn_error);
  child.in().end();
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
}

TEST(the_time_given, may_be_the_longest_there_is) {
  loop io;
  auto child = brood::spawn(io, "cat", {}, {.timeout = std::chrono::milliseconds::max()});
  child.out().on_data([&](std::string_view) {
    child.stop({{SIGWINCH, std::chrono::milliseconds::max()}, {SIGKILL, 0ms}});  // which cat does not mind
    child.in().end();
  });
  child.in().write("there");
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
}

TEST(the_steps, go_on_for_those_left_behind_though_nobody_holds_the_child) {
  loop io;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  asio::posix::stream_descriptor reader(io, ends[0]);
  auto child = std::make_unique<brood::child_process>(
      brood::spawn(io, brood::shell("(trap '' TERM; echo there >&3; exec sleep 1000) & wait"),
                   {.out = stdio::ignore,
                    .err = stdio::ignore,
                    .more = {stdio::descriptor(brood::unique_fd(ends[1]))},
                    .group = true,
                    .stop = {{SIGTERM, 20ms}, {SIGKILL, 0ms}},
                    .on_drop = brood::on_drop::stop}));
  char text[16];
  brood::error_code end;
  reader.async_read_some(asio::buffer(text), [&](brood::error_code, std::size_t) {
    child.reset();
    // At its end when all of the group is gone.
    reader.async_read_some(asio::buffer(text), [&](brood::error_code ec, std::size_t) { end = ec; });
  });
  io.run();
  EXPECT_EQ(end, asio::error::eof);
}

TEST(the_steps, of_a_second_stop_begin_at_its_first) {
  loop io;
  auto child = brood::spawn(io, "cat");
  // Both timers have expired when the loop first looks: when the one is told, the other is on its way already.
  asio::steady_timer earlier(io, asio::steady_timer::time_point::min());
  earlier.async_wait([&](brood::error_code) {
    child.stop({{SIGCONT, 1h}, {SIGKILL, 0ms}});
    asio::post(io, [&] { child.in().end(); });
  });
  child.stop({{SIGCONT, 0ms}, {SIGCONT, 1h}});
  io.run();
  EXPECT_EQ(child.exit_status(), exit_status::exited(0));
}

TEST(a_time_limit, that_was_over_is_told) {
  loop io;
  auto slow = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = stdio::ignore, .timeout = 1ms});
  auto quick = brood::spawn(io, "true", {}, {.in = stdio::ignore, .timeout = 1h});
  auto stopped = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = stdio::ignore, .timeout = 1h});
  auto run = brood::exec_file(io, "tail", {"-f", "/dev/null"}, {.timeout = 1ms});
  stopped.stop();
  io.run();
  EXPECT_TRUE(slow.timed_out());
  EXPECT_FALSE(quick.timed_out());
  EXPECT_FALSE(stopped.timed_out());
  EXPECT_TRUE(run.child().timed_out());
}

TEST(a_time_limit, that_was_over_is_told_by_spawn_sync) {
  const auto slow = brood::spawn_sync("tail", {"-f", "/dev/null"}, {.in = stdio::ignore, .timeout = 1ms});
  EXPECT_TRUE(slow.timed_out);
  EXPECT_EQ(slow, exit_status::killed(SIGTERM));
  EXPECT_FALSE(brood::spawn_sync("true", {}, {.timeout = 1h}).timed_out);
}

TEST(a_time_limit, does_not_keep_the_loop_for_a_child_that_does_not) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  loop io;
  auto child = brood::spawn(io, "cat", {}, {.out = stdio::ignore, .err = stdio::ignore, .timeout = 1h});
  child.unref();
  io.run();
  EXPECT_FALSE(child.exited.happened());
  child.ref();
  child.in().end();
  io.restart();
  io.run();
  EXPECT_EQ(child.exit_status(), exit_status::exited(0));
}

}  // namespace

#include <gtest/gtest.h>
#include <sched.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <brood/async_spawn.hpp>
#include <brood/spawn_sync.hpp>
#include <cstdlib>

#include "support.hpp"

namespace {

using brood::exit_status;
using brood_test::loop;
using namespace std::chrono_literals;

TEST(async_spawn, gives_a_running_child) {
  loop io;
  std::string text;
  auto body = [](loop& in, std::string& to) -> boost::asio::awaitable<void> {
    auto starting = brood::async_spawn(in, "echo", {"started"});
    auto child = co_await starting.async_child(boost::asio::use_awaitable);
    child->out().on_data([&to](std::string_view data) { to += data; });
    const exit_status status = co_await child->closed.async_wait(boost::asio::use_awaitable);
    EXPECT_TRUE(status.ok());
  };
  boost::asio::co_spawn(io, body(io, text), boost::asio::detached);
  io.run();
  EXPECT_EQ(text, "started\n");
}

TEST(async_spawn, a_start_that_fails_is_an_error_told_in_full) {
  const auto before = brood_test::open_descriptors();
  {
    loop io;
    auto starting = brood::async_spawn(io, "true", {}, {.cwd = "/nope"});
    brood::error_code seen;
    starting.async_child([&](brood::error_code ec, const std::optional<brood::child_process>& child) {
      seen = ec;
      EXPECT_FALSE(child);
    });
    io.run();
    EXPECT_EQ(seen, boost::system::errc::no_such_file_or_directory);
    ASSERT_TRUE(starting.error());
    EXPECT_STREQ(starting.error()->what(), "spawn: cannot change directory to /nope: No such file or directory");
  }
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

/// The scheduling policy of a process that prints its own: field 41 of /proc/self/stat (proc(5)).
const brood::arguments print_policy{"-d ", "-f41", "/proc/self/stat"};
std::string our_policy() { return std::to_string(::sched_getscheduler(0)) + '\n'; }

TEST(async_spawn, schedules_the_child_as_this_process) {
  loop io;
  std::string text;
  auto starting = brood::async_spawn(io, "cut", print_policy);
  starting.async_child([&](brood::error_code ec, std::optional<brood::child_process> child) {
    ASSERT_FALSE(ec);
    child->out().on_data([&](std::string_view data) { text += data; });
    std::move(*child).detach();
  });
  io.run();
  EXPECT_EQ(text, our_policy());
}

TEST(die_with_parent, schedules_the_child_as_this_process) {
  loop io;
  auto child = brood::spawn(io, "cut", print_policy, {.die_with_parent = true});
  EXPECT_EQ(brood_test::all_of(io, child.out()), our_policy());
}

TEST(async_spawn, many_at_once_each_with_its_own_status) {
  loop io;
  std::vector<brood::pending_spawn> starting;
  std::vector<brood::child_process> children;
  int right = 0;
  for (int i = 0; i < 50; ++i) starting.push_back(brood::async_spawn(io, "sh", {"-c", "exit " + std::to_string(i)}));
  for (int i = 0; i < 50; ++i) {
    starting[static_cast<std::size_t>(i)].async_child(
        [&, i](brood::error_code, std::optional<brood::child_process> child) {
          child->exited.on([&, i](const exit_status& status) { right += status == exit_status::exited(i) ? 1 : 0; });
          children.push_back(std::move(*child));
        });
  }
  io.run();
  EXPECT_EQ(right, 50);
}

TEST(async_spawn, one_that_nobody_waits_for_is_reaped) {
  loop io;
  static_cast<void>(brood::async_spawn(io, "true"));
  io.run();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST(async_spawn, takes_the_environment_of_the_moment_it_was_called) {
  // The launcher is busy with a start of its own first, so that what is set meanwhile would be seen.
  loop io;
  ::setenv("BROOD_WHEN", "before", 1);
  static_cast<void>(brood::async_spawn(io, "true"));
  auto starting = brood::async_spawn(io, brood::shell("echo $BROOD_WHEN"));
  ::setenv("BROOD_WHEN", "after", 1);
  std::string text;
  std::optional<brood::child_process> child;
  starting.async_child([&](brood::error_code, std::optional<brood::child_process> started) {
    child = std::move(started);
    child->out().on_data([&](std::string_view data) { text += data; });
  });
  io.run();
  ::unsetenv("BROOD_WHEN");
  EXPECT_EQ(text, "before\n");
}

TEST(spawn_sync, runs_to_the_end) {
  EXPECT_EQ(brood::spawn_sync("sh", {"-c", "exit 3"}), exit_status::exited(3));
  EXPECT_EQ(brood::spawn_sync("sh", {"-c", "kill -9 $$"}), exit_status::killed(SIGKILL));
  EXPECT_THROW(brood::spawn_sync("/no/such/program"), brood::spawn_error);
  EXPECT_THROW(brood::spawn_sync("true", {}, {.out = brood::stdio::pipe}), std::invalid_argument);
}

TEST(spawn_sync, exec_gives_what_was_written) {
  EXPECT_EQ(brood::exec_sync("tr a-z A-Z", {.input = "some text"}).check().out, "SOME TEXT");
  EXPECT_EQ(brood::exec_file_sync("printf", {"%s", "it's"}).out, "it's");
  EXPECT_TRUE(brood::exec_sync("exec tail -f /dev/null", {.exec = {.timeout = 30ms}}).timed_out);
}

TEST(spawn_sync, input_larger_than_a_pipe_comes_back_whole) {
  const std::string input(5'000'000, 'x');
  EXPECT_TRUE(brood::exec_file_sync("cat", {}, {.input = input, .exec = {.max_buffer = 10'000'000}}).out == input);
}

TEST(spawn_sync, a_grandchild_that_keeps_the_pipes_does_not_hold_it) {
  EXPECT_EQ(brood::exec_sync("exec 3<&0; (read word <&3) & echo done").out, "done\n");
}

}  // namespace

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <brood/exec.hpp>

#include "exec_support.hpp"
#include "support.hpp"
#include "support/temporary_folder.hpp"

namespace {

namespace asio = boost::asio;
using brood::exec_result;
using brood::exit_status;
using brood_test::loop;
using brood_test::result_of;
using namespace std::chrono_literals;

TEST(exec, collects_both_outputs_and_the_status) {
  const auto result = result_of("echo out; echo err >&2; exit 4");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.status, exit_status::exited(4));
  EXPECT_FALSE(result.ok());
}

TEST(exec, a_failure_that_is_checked_names_the_command_the_end_and_the_last_words) {
  const auto result = result_of("echo one >&2; echo two >&2; exit 4");
  try {
    result.check();
    FAIL();
  } catch (const brood::exec_error& error) {
    EXPECT_STREQ(error.what(), "command \"echo one >&2; echo two >&2; exit 4\" exited with code 4:\none\ntwo");
  }
  EXPECT_NO_THROW(result_of("true").check());
}

TEST(exec, file_passes_arguments_that_no_shell_looks_at) {
  loop io;
  auto run = brood::exec_file(io, "printf", {"%s|", "a b", "$HOME", "*"});
  std::string out;
  run.async_result([&](brood::error_code, const exec_result& result) { out = result.out; });
  io.run();
  EXPECT_EQ(out, "a b|$HOME|*|");
}

TEST(exec, can_be_awaited) {
  loop io;
  std::string out;
  auto body = [](loop& in, std::string& to) -> boost::asio::awaitable<void> {
    auto run = brood::exec(in, "echo awaited");
    const exec_result result = co_await run.async_result(boost::asio::use_awaitable);
    to = result.check().out;
  };
  boost::asio::co_spawn(io, body(io, out), boost::asio::detached);
  io.run();
  EXPECT_EQ(out, "awaited\n");
}

TEST(exec, is_not_held_up_by_a_grandchild_that_keeps_the_pipes) {
  // The grandchild waits for our word, which only comes after the result: were exec to wait for it, this would hang.
  loop io;
  auto run = brood::exec(io, "exec 3<&0; (read word <&3) & echo parent done");
  std::string out;
  run.async_result([&](brood::error_code ec, const exec_result& result) {
    EXPECT_FALSE(ec);
    EXPECT_TRUE(result.ok());
    out = result.out;
  });
  io.run();
  EXPECT_EQ(out, "parent done\n");
}

TEST(exec, ends_what_takes_too_long) {
  const auto result = result_of("echo begun; exec sleep 1000", {.timeout = 50ms});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, exit_status::killed(SIGTERM));
  EXPECT_FALSE(result.ok());
}

TEST(exec, ends_what_will_not_listen) {
  const auto result = result_of("trap '' TERM; echo deaf; exec tail -f /dev/null",
                                {.timeout = 50ms, .stop = {{SIGTERM, 20ms}, {SIGKILL, 0ms}}});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, exit_status::killed(SIGKILL));
}

TEST(exec, ends_what_writes_too_much) {
  const auto result = result_of("exec cat /dev/zero", {.max_buffer = 1000});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.out.size(), 1000U);
  EXPECT_TRUE(result.status.has_signal());
}

TEST(exec, takes_exactly_as_much_as_the_limit) {
  const auto result = result_of("printf 1234567890", {.max_buffer = 10});
  EXPECT_FALSE(result.truncated);
  EXPECT_EQ(result.out, "1234567890");
}

TEST(exec, throws_the_rest_away_where_asked_to) {
  const auto result =
      result_of("printf 1234567890; exit 3", {.max_buffer = 4, .on_overflow = brood::exec_options::overflow::truncate});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.out, "1234");
  EXPECT_EQ(result.status, exit_status::exited(3));
}

TEST(exec, cancellation_ends_the_process_and_the_wait) {
  for (auto [type, signal] : {std::pair(boost::asio::cancellation_type::total, SIGINT),
                              std::pair(boost::asio::cancellation_type::partial, SIGTERM),
                              std::pair(boost::asio::cancellation_type::terminal, SIGUSR1),
                              std::pair(boost::asio::cancellation_type::all, SIGUSR1)}) {
    loop io;
    boost::asio::cancellation_signal cancel;
    auto run = brood::exec_file(io, "tail", {"-f", "/dev/null"}, {.stop = {{SIGUSR1, 1h}}});
    brood::error_code seen;
    run.async_result(boost::asio::bind_cancellation_slot(cancel.slot(),
                                                         [&](brood::error_code ec, const exec_result&) { seen = ec; }));
    cancel.emit(type);
    io.run();
    EXPECT_EQ(seen, boost::asio::error::operation_aborted);
    EXPECT_EQ(*run.child().exited.value(), exit_status::killed(signal));
  }
}

TEST(exec, cancellation_by_the_or_operator_lets_a_trap_run_and_reaches_the_tree) {
  loop io;
  const brood_test::temporary_folder folder;
  const std::string fifo = folder.path() / "ready";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  asio::posix::stream_descriptor ready(io, ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string line =
      "trap 'exit 7' TERM; exec 3>" + fifo + "; setsid sh -c 'echo ready >&3; exec sleep 1000' & wait; wait";
  auto run = brood::exec(io, line, {.group = true, .stop = {{SIGTERM, 1h}}});
  std::size_t first = 0;
  std::size_t left = 1;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        const auto readable = asio::posix::stream_descriptor::wait_read;
        const auto winner =
            co_await (run.async_result(asio::use_awaitable) || ready.async_wait(readable, asio::use_awaitable));
        first = winner.index();
        char text[16];
        ready.read_some(asio::buffer(text));
        co_await ready.async_wait(readable, asio::use_awaitable);  // at its end when no process has it open
        brood::error_code end;
        left = ready.read_some(asio::buffer(text), end);
      },
      asio::detached);
  io.run();
  EXPECT_EQ(first, 1U);
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(run.child().exit_status(), exit_status::exited(7));
}

TEST(exec, cancellation_does_not_begin_the_steps_anew) {
  loop io;
  boost::asio::cancellation_signal cancel;
  auto run = brood::exec(io, "trap 'echo got' TERM; echo ready; while :; do tail -f /dev/null & wait; done",
                         {.stop = {{SIGTERM, 500ms}, {SIGKILL, 0ms}}, .max_buffer = 6});
  run.async_result(boost::asio::bind_cancellation_slot(cancel.slot(), [](brood::error_code, const exec_result&) {}));
  std::string text;
  run.child().out().on_data([&](std::string_view data) {
    text += data;
    cancel.emit(boost::asio::cancellation_type::terminal);
  });
  io.run();
  EXPECT_EQ(text, "ready\ngot\n");
  EXPECT_EQ(run.child().exit_status(), exit_status::killed(SIGKILL));
}

TEST(exec, cancellation_ends_all_of_the_group) {
  loop io;
  const brood_test::temporary_folder folder;
  const std::string fifo = folder.path() / "alive";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  boost::asio::posix::stream_descriptor alive(io, ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  boost::asio::cancellation_signal cancel;
  auto run = brood::exec(io, "exec 3>" + fifo + "; sleep 1000 & echo there >&3; wait", {.group = true});
  brood::error_code seen;
  run.async_result(
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](brood::error_code ec, const exec_result&) { seen = ec; }));
  std::size_t left = 1;
  const auto readable = boost::asio::posix::stream_descriptor::wait_read;
  alive.async_wait(readable, [&](brood::error_code) {
    char text[16];
    EXPECT_EQ(alive.read_some(boost::asio::buffer(text)), 6U);
    cancel.emit(boost::asio::cancellation_type::partial);
    // At its end when nobody has it open any more.
    alive.async_wait(readable, [&](brood::error_code) {
      brood::error_code end;
      left = alive.read_some(boost::asio::buffer(text), end);
    });
  });
  io.run();
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(seen, boost::asio::error::operation_aborted);
}

TEST(exec, a_command_that_cannot_start_is_an_exception) {
  loop io;
  EXPECT_THROW(static_cast<void>(brood::exec_file(io, "/no/such/program")), brood::spawn_error);
  EXPECT_EQ(io.poll(), 0U);
}

}  // namespace

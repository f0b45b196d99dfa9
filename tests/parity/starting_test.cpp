#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <brood/async_spawn.hpp>
#include <brood/shell.hpp>
#include <csignal>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, sections A and B: events, exit and lifetime; failure.

namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::actor;
using brood_test::loop;
using brood_test::node;
using brood_test::spawned;
using namespace std::chrono_literals;

class an_end : public testing::TestWithParam<const char*> {};

TEST_P(an_end, is_told_as_node_tells_it) {
  EXPECT_EQ(spawned("/bin/sh", {"-c", GetParam()}), node("spawn", "/bin/sh", {"-c", GetParam()}));
}

INSTANTIATE_TEST_SUITE_P(by, an_end,
                         testing::Values("exit 0", "exit 1", "exit 255", "exit 256", "kill -TERM $$", "kill -KILL $$",
                                         "kill -USR1 $$", "kill -HUP $$", "echo out; echo err >&2; exit 23",
                                         "no-such-command 2>/dev/null", "(exit 5)"),
                         [](const auto& one) { return "line_" + std::to_string(one.index); });

TEST(starting, is_told_before_anything_else_and_closed_after_everything_else) {
  loop io;
  std::vector<std::string> order;
  auto starting = brood::async_spawn(io, "echo", {"data"});
  std::optional<brood::child_process> running;
  starting.async_child([&](brood::error_code, std::optional<brood::child_process> child) {
    order.emplace_back("spawned");
    running = std::move(child);
    running->out().on_data([&](std::string_view) { order.emplace_back("data"); });
    running->out().on_end([&] { order.emplace_back("end"); });
    running->exited.on([&](const exit_status&) { order.emplace_back("exited"); });
    running->closed.on([&](const exit_status&) { order.emplace_back("closed"); });
  });
  io.run();
  ASSERT_EQ(order.size(), 5U) << "each once";
  EXPECT_EQ(order.front(), "spawned");
  EXPECT_EQ(order.back(), "closed");
}

TEST(starting, a_chain_of_five_generations_ends_from_the_last_to_the_first) {
  // Each shell runs the next one with its own stdout and ends when that one has.
  std::string line = "echo last";
  for (int i = 4; i > 0; --i) line = "sh -c " + brood::shell_quote(line) + " | cat; echo " + std::to_string(i);
  EXPECT_EQ(spawned("sh", {"-c", line}), brood_test::told("exited with code 0", "last\n4\n3\n2\n1\n"));
}

TEST(starting, each_of_many_in_a_row_delivers_all_it_wrote_before_closed) {
  loop io;
  for (int i = 0; i < 41; ++i) {
    std::size_t size = 0;
    auto child = brood::spawn(io, "head", {"-c", "1000000", "/dev/zero"});
    child.out().on_data([&](std::string_view data) { size += data.size(); });
    child.closed.on([&](const exit_status&) { EXPECT_EQ(size, 1'000'000U); });
    io.run();
    io.restart();
    ASSERT_TRUE(child.closed.happened());
  }
}

TEST(starting, a_detached_child_that_is_unreferenced_outlives_its_parent) {
  loop io;
  auto parent = brood::spawn(io, actor("leaver"));
  std::string text;
  parent.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_EQ(*parent.closed.value(), exit_status::exited(0)) << "closed: nobody holds its streams";
  const pid_t left = std::stoi(text);
  EXPECT_EQ(::kill(left, 0), 0);
  EXPECT_EQ(::getsid(left), left);
  ::kill(left, SIGKILL);
}

TEST(starting, a_spawn_from_inside_a_forked_child_gets_nothing_of_the_channel) {
  loop io;
  auto child = brood::fork(io, actor("spawning_child"));
  std::string said;
  child.messages.on([&](const brood::message& m) { said = m.body.as_string(); });
  io.run();
  EXPECT_EQ(said, "channel: none\n0\n1\n2\n3\n") << "3 is the directory that ls reads";
  EXPECT_TRUE(child.disconnected.happened());
}

TEST(starting, the_environment_is_inherited_unless_told_otherwise) {
  ::setenv("BROOD_PARITY", "inherited", 1);
  EXPECT_EQ(spawned("sh", {"-c", "echo $BROOD_PARITY"}), node("spawn", "sh", {"-c", "echo $BROOD_PARITY"}));
}

struct failure {
  const char* name;
  std::string file;
  brood::arguments args;
  std::string cwd;
};

class a_failure : public testing::TestWithParam<failure> {};

TEST_P(a_failure, has_the_errno_it_has_in_node) {
  const auto& [name, file, args, cwd] = GetParam();
  boost::json::object options;
  if (!cwd.empty()) options["cwd"] = cwd;
  const std::string ours = spawned(file, args, {.cwd = cwd});
  EXPECT_EQ(ours, node("spawn", file, args, options));
  EXPECT_EQ(ours, node("spawnSync", file, args, options));
}

INSTANTIATE_TEST_SUITE_P(of, a_failure,
                         testing::Values(failure{"a_missing_program", "/no/such", {}, ""},
                                         failure{"a_missing_command", "no-such-command", {}, ""},
                                         failure{"a_file_that_is_no_program", "/etc/passwd", {}, ""},
                                         failure{"a_path_through_a_file", "/etc/passwd/x", {}, ""},
                                         failure{"a_missing_directory", "true", {}, "/no/such"},
                                         failure{"a_directory_that_is_a_file", "true", {}, "/etc/passwd"}),
                         [](const auto& one) { return one.param.name; });

TEST(starting, a_time_limit_goes_with_a_start_that_failed) {
  loop io;
  EXPECT_THROW(brood::spawn(io, "/no/such", {}, {.timeout = 1h}), brood::spawn_error);
  EXPECT_EQ(io.poll(), 0U);
}

TEST(starting, an_exec_whose_streams_have_vanished_still_completes) {
  for (const auto timeout : {0ms, 20ms}) {
    loop io;
    auto run = brood::exec(io, timeout == 0ms ? "exit 6" : "exec sleep 1000", {.timeout = timeout});
    run.child().out().close();
    run.child().err().close();
    int told = 0;
    run.async_result([&](brood::error_code ec, const brood::exec_result& result) {
      ++told;
      EXPECT_FALSE(ec);
      EXPECT_EQ(result.timed_out, timeout != 0ms);
      EXPECT_EQ(result.status, timeout == 0ms ? exit_status::exited(6) : exit_status::killed(SIGTERM));
    });
    io.run();
    EXPECT_EQ(told, 1);
  }
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, section G: the forms that wait.

namespace {

using brood::exit_status;
using brood_test::node;
using brood_test::told;
using namespace std::chrono_literals;

std::string waited_for(const std::string& file, const brood::arguments& args, const brood::sync_options& options = {}) {
  return told([&] { return told(brood::exec_file_sync(file, args, options)); });
}

TEST(sync_parity, tells_the_end_and_both_outputs) {
  for (const char* line : {"echo out; echo err >&2; exit 7", "kill -TERM $$", "true"}) {
    EXPECT_EQ(waited_for("/bin/sh", {"-c", line}), node("spawnSync", "/bin/sh", {"-c", line}));
  }
}

TEST(sync_parity, what_cannot_start_is_an_error_of_the_same_name) {
  EXPECT_EQ(waited_for("command_does_not_exist", {"bar"}), node("spawnSync", "command_does_not_exist", {"bar"}));
  EXPECT_EQ(waited_for("pwd", {}, {.exec = {.cwd = "/no/such"}}), node("spawnSync", "pwd", {}, {{"cwd", "/no/such"}}));
}

TEST(sync_parity, honours_the_directory) {
  EXPECT_EQ(waited_for("pwd", {"-P"}, {.exec = {.cwd = "/"}}), node("spawnSync", "pwd", {"-P"}, {{"cwd", "/"}}));
}

TEST(sync_parity, input_reaches_stdin_followed_by_its_end) {
  EXPECT_EQ(waited_for("cat", {}, {.input = "some input\n"}),
            node("spawnSync", "cat", {}, {{"input", "some input\n"}}));
  EXPECT_EQ(waited_for("cat", {}), node("spawnSync", "cat", {}, {{"input", ""}}));
}

TEST(sync_parity, input_that_nobody_reads_is_no_failure) {
  // EPIPE is between the parent and the pipe; the program has done its work.
  EXPECT_EQ(waited_for("true", {}, {.input = std::string(500'000, 'x')}), told("exited with code 0"));
}

TEST(sync_parity, what_takes_too_long_is_ended_by_the_signal_asked_for) {
  const brood::arguments args = {"-f", "/dev/null"};
  EXPECT_EQ(waited_for("tail", args, {.exec = {.timeout = 20ms}}), node("spawnSync", "tail", args, {{"timeout", 20}}));
  EXPECT_EQ(waited_for("tail", args, {.exec = {.timeout = 20ms, .stop = {{SIGKILL, 0ms}}}}),
            node("spawnSync", "tail", args, {{"timeout", 20}, {"killSignal", "SIGKILL"}}));
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(sync_parity, what_writes_too_much_is_ended) {
  for (const std::size_t limit : {9U, 10U}) {
    EXPECT_EQ(first_line(waited_for("printf", {"1234567890"}, {.exec = {.max_buffer = limit}})),
              first_line(node("spawnSync", "printf", {"1234567890"}, {{"maxBuffer", limit}})));
    EXPECT_EQ(first_line(told(brood::exec_sync("printf 1234567890", {.exec = {.max_buffer = limit}}))),
              first_line(node("execSync", "printf 1234567890", {}, {{"maxBuffer", limit}})));
  }
  constexpr std::size_t mebibyte = 1024 * 1024;
  EXPECT_TRUE(brood::exec_file_sync("head", {"-c", std::to_string(mebibyte), "/dev/zero"}).ok())
      << "the limit by default";
  EXPECT_TRUE(brood::exec_file_sync("head", {"-c", std::to_string(mebibyte + 1), "/dev/zero"}).truncated);
}

TEST(sync_parity, a_line_of_shell_joins_and_splits_as_the_shell_does) {
  for (const char* line : {"echo foo bar", "echo \"$((1 + 1))\" | cat; exit 4", "does-not-exist 2>/dev/null"}) {
    EXPECT_EQ(first_line(told(brood::exec_sync(line))), first_line(node("execSync", line))) << line;
  }
}

TEST(sync_parity, a_shell_that_is_not_there_is_an_error) {
  EXPECT_EQ(told([] { return told(brood::exec_sync("exit 0", {.exec = {.shell = "/no/such/shell"}})); }),
            node("execSync", "exit 0", {}, {{"shell", "/no/such/shell"}}));
}

TEST(sync_parity, standard_streams_are_inherited_by_spawn_sync) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(2);
  ::dup2(ends[1], 2);
  ::close(ends[1]);
  const exit_status status = brood::spawn_sync("sh", {"-c", "echo through >&2"});
  ::dup2(saved, 2);
  ::close(saved);
  char text[16] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 8);
  ::close(ends[0]);
  EXPECT_STREQ(text, "through\n");
  EXPECT_TRUE(status.ok());
}

TEST(sync_parity, a_loop_that_runs_is_not_disturbed) {
  brood_test::loop io;
  auto child = brood::spawn(io, "sh", {"-c", "read word; exit 9"});
  boost::asio::post(io, [&] {
    EXPECT_EQ(brood::exec_sync("exit 8").status, exit_status::exited(8));
    child.in().end("word\n");
  });
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::exited(9));
}

}  // namespace

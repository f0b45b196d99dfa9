#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <limits>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, section F: exec and execFile.

namespace {

using brood::exec_options;
using brood::exec_result;
using brood::exit_status;
using brood_test::loop;
using brood_test::node;
using brood_test::told;
using namespace std::chrono_literals;

std::string executed(const std::string& line, const exec_options& options = {}) {
  return told([&] {
    loop io;
    std::string text;
    brood::exec(io, line, options, [&](brood::error_code ec, const exec_result& result) {
      EXPECT_FALSE(ec);
      text = told(result);
    });
    io.run();
    return text;
  });
}

std::string executed_file(const std::string& file, const brood::arguments& args, const exec_options& options = {}) {
  return told([&] {
    loop io;
    std::string text;
    brood::exec_file(io, file, args, options, [&](brood::error_code ec, const exec_result& result) {
      EXPECT_FALSE(ec);
      text = told(result);
    });
    io.run();
    return text;
  });
}

TEST(exec_parity, honours_the_directory) {
  EXPECT_EQ(executed("pwd -P", {.cwd = "/usr/lib"}), node("exec", "pwd -P", {}, {{"cwd", "/usr/lib"}}));
}

TEST(exec_parity, honours_the_environment) {
  EXPECT_EQ(executed("/usr/bin/env | grep -v ^PWD | grep -v ^_", {.env = {{"HELLO", "WORLD"}}}),
            node("exec", "/usr/bin/env | grep -v ^PWD | grep -v ^_", {}, {{"env", {{"HELLO", "WORLD"}}}}));
}

TEST(exec_parity, gives_every_byte_as_it_is) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto result = brood::exec_file_sync("cat", {}, {.input = all});
  EXPECT_EQ(result.out, all) << "no encoding is assumed";
  EXPECT_EQ(executed("echo 'gr\u00fc\u00df \u20ac'"), node("exec", "echo 'gr\u00fc\u00df \u20ac'"));
}

TEST(exec_parity, a_missing_command_is_127_of_the_shell_but_an_error_of_exec_file) {
  EXPECT_EQ(executed("does-not-exist 2>/dev/null"), node("exec", "does-not-exist 2>/dev/null"));
  EXPECT_EQ(executed_file("does-not-exist", {}), node("execFile", "does-not-exist"));
  EXPECT_EQ(executed("pwd", {.cwd = "/does/not/exist"}), node("exec", "pwd", {}, {{"cwd", "/does/not/exist"}}));
}

// What Node keeps of what was too much depends on the pieces it came in, so the first part alone is compared.
std::string without_output(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(exec_parity, keeps_a_mebibyte_unless_told_otherwise_and_the_limit_is_part_of_it) {
  constexpr std::size_t mebibyte = 1024 * 1024;
  for (const char* redirect : {"", " >&2"}) {
    for (const std::size_t size : {mebibyte, mebibyte + 1}) {
      const std::string line = "head -c " + std::to_string(size) + " /dev/zero" + redirect;
      const std::string ours = executed(line);
      EXPECT_EQ(without_output(ours), without_output(node("exec", line))) << line;
      EXPECT_EQ(std::count(ours.begin(), ours.end(), '\0'), std::min(size, mebibyte)) << line;
    }
  }
}

TEST(exec_parity, a_limit_counts_bytes_on_each_stream) {
  const std::string line = "printf '\u4e2d\u6587\u6d4b\u8bd5'";  // twelve bytes
  for (const std::size_t limit : {11U, 12U}) {
    EXPECT_EQ(without_output(executed(line, {.max_buffer = limit})),
              without_output(node("exec", line, {}, {{"maxBuffer", limit}})));
    EXPECT_EQ(without_output(executed(line + " >&2", {.max_buffer = limit})),
              without_output(node("exec", line + " >&2", {}, {{"maxBuffer", limit}})));
    EXPECT_EQ(without_output(executed_file("sh", {"-c", line}, {.max_buffer = limit})),
              without_output(node("execFile", "sh", {"-c", line}, {{"maxBuffer", limit}})));
  }
}

TEST(exec_parity, a_limit_may_be_none) {
  const auto result =
      brood::exec_sync("head -c 3000000 /dev/zero", {.exec = {.max_buffer = std::numeric_limits<std::size_t>::max()}});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.out.size(), 3'000'000U);
}

TEST(exec_parity, a_limit_of_nothing_takes_nothing) {
  EXPECT_TRUE(brood::exec_sync("true", {.exec = {.max_buffer = 0}}).ok());
  const auto result = brood::exec_sync("echo x; exec tail -f /dev/null", {.exec = {.max_buffer = 0}});
  EXPECT_TRUE(result.truncated);
  EXPECT_TRUE(result.out.empty());
}

TEST(exec_parity, what_takes_too_long_gets_sigterm_or_the_signal_asked_for) {
  EXPECT_EQ(executed("exec tail -f /dev/null", {.timeout = 20ms}),
            node("exec", "exec tail -f /dev/null", {}, {{"timeout", 20}}));
  EXPECT_EQ(executed("exec tail -f /dev/null", {.timeout = 20ms, .stop = {{SIGKILL, 0ms}}}),
            node("exec", "exec tail -f /dev/null", {}, {{"timeout", 20}, {"killSignal", "SIGKILL"}}));
}

TEST(exec_parity, a_time_limit_far_away_changes_nothing) {
  EXPECT_EQ(executed("echo done", {.timeout = 24h * 20}), node("exec", "echo done", {}, {{"timeout", 1'728'000'000}}));
}

TEST(exec_parity, a_failed_program_is_told_with_its_outputs) {
  EXPECT_EQ(executed_file("sh", {"-c", "echo out; echo err >&2; exit 42"}),
            node("execFile", "sh", {"-c", "echo out; echo err >&2; exit 42"}));
  EXPECT_EQ(executed_file("sh", {"-c", "echo out; kill -KILL $$"}),
            node("execFile", "sh", {"-c", "echo out; kill -KILL $$"}));
  try {
    brood::exec_sync("echo out; echo err >&2; exit 42").check();
    FAIL();
  } catch (const brood::exec_error& error) {  // Node's promisified form rejects with the same
    EXPECT_EQ(error.result().out, "out\n");
    EXPECT_EQ(error.result().err, "err\n");
    EXPECT_EQ(error.result().status, exit_status::exited(42));
  }
}

TEST(exec_parity, may_be_waited_for_as_a_future) {
  loop io;
  auto run = brood::exec(io, "echo promised");
  EXPECT_GT(run.child().pid(), 0) << "the child is at hand while it runs";
  auto promised = run.async_result(boost::asio::use_future);
  io.run();
  EXPECT_EQ(promised.get().check().out, "promised\n");
}

TEST(exec_parity, the_result_may_be_asked_for_by_several_and_late) {
  loop io;
  auto run = brood::exec(io, "echo once");
  int told = 0;
  const auto count = [&](brood::error_code ec, const exec_result& result) {
    told += !ec && result.out == "once\n" ? 1 : 0;
  };
  run.async_result(count);
  run.async_result(count);
  io.run();
  run.async_result(count);
  io.restart();
  io.run();
  EXPECT_EQ(told, 3);
}

}  // namespace

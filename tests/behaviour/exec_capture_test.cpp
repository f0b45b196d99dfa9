#include <gtest/gtest.h>
#include <unistd.h>

#include <brood/exec.hpp>
#include <brood/spawn_sync.hpp>

#include "exec_support.hpp"
#include "support.hpp"

// Where exec() puts what a command writes, and what it says of commands that failed.
namespace {

using brood::exec_options;
using brood::exec_result;
using brood::exit_status;
using brood_test::loop;
using brood_test::result_of;
using namespace std::chrono_literals;

std::string all_in(const std::shared_ptr<const brood::unique_fd>& file) {
  std::string text;
  char piece[4096];
  for (ssize_t size; (size = ::pread(file->get(), piece, sizeof piece, static_cast<off_t>(text.size()))) > 0;) {
    text.append(piece, static_cast<std::size_t>(size));
  }
  return text;
}

constexpr auto memory_file = exec_options::capturing::memory_file;

TEST(memory_file, holds_both_outputs) {
  const auto result = result_of("echo out; echo err >&2; exit 4", {.capture = memory_file});
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.status, exit_status::exited(4));
}

TEST(memory_file, holds_all_of_a_node_child_that_exits_while_its_output_is_under_way) {
  const auto result = result_of("node -e 'process.stdout.write(\"x\".repeat(3 << 20)); process.exit()'",
                                {.max_buffer = 16 << 20, .capture = memory_file});
  EXPECT_EQ(result.out.size(), 3U << 20) << result.err;
  EXPECT_TRUE(result.ok());
}

TEST(memory_file, is_not_held_up_by_a_grandchild_either) {
  loop io;
  auto run = brood::exec(io, "exec 3<&0; (read word <&3) & echo done", {.capture = memory_file});
  std::string out;
  run.async_result([&](brood::error_code, const exec_result& result) { out = result.out; });
  io.run();
  EXPECT_EQ(out, "done\n");
}

TEST(memory_file, ends_what_writes_too_much) {
  const auto result = result_of("exec cat /dev/zero", {.max_buffer = 1000, .capture = memory_file});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.out, std::string(1000, '\0'));
  EXPECT_EQ(result.status, exit_status::killed(SIGTERM));
}

TEST(memory_file, gives_the_first_of_what_is_too_much) {
  const auto result = result_of(
      "printf 1234567890", {.max_buffer = 4, .on_overflow = exec_options::overflow::truncate, .capture = memory_file});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.out, "1234");
  EXPECT_TRUE(result.status.ok());
}

TEST(memory_file, works_without_a_loop_too) {
  EXPECT_EQ(brood::exec_sync("printf abc", {.exec = {.capture = memory_file}}).out, "abc");
}

TEST(spilling, puts_all_of_it_into_a_file) {
  for (const auto capture : {exec_options::capturing::pipe, memory_file}) {
    const auto result =
        result_of("seq 1 200000; echo short >&2",
                  {.max_buffer = 1000, .on_overflow = exec_options::overflow::spill, .capture = capture});
    EXPECT_FALSE(result.truncated);
    EXPECT_TRUE(result.ok());
    ASSERT_TRUE(result.out_file);
    EXPECT_EQ(result.out.size(), 1000U);
    const std::string all = all_in(result.out_file);
    EXPECT_EQ(all.substr(0, 1000), result.out);
    EXPECT_EQ(all.size(), 1288895U);
    EXPECT_EQ(all.substr(all.size() - 14), "199999\n200000\n");
    EXPECT_EQ(result.err, "short\n");
    EXPECT_FALSE(result.err_file) << "it had room";
  }
}

TEST(spilling, leaves_no_file_behind) {
  const auto before = brood_test::open_descriptors();
  {
    const auto result = result_of("echo too much", {.max_buffer = 1, .on_overflow = exec_options::overflow::spill});
    EXPECT_EQ(all_in(result.out_file), "too much\n");
  }
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(spilling, that_cannot_be_done_is_an_error_and_the_command_runs_on) {
  ::setenv("TMPDIR", "/proc", 1);  // a directory that takes no files
  loop io;
  brood::error_code seen;
  exec_result got;
  brood::exec(io, "echo too much; exit 3", {.max_buffer = 4, .on_overflow = exec_options::overflow::spill},
              [&](brood::error_code ec, exec_result result) {
                seen = ec;
                got = std::move(result);
              });
  io.run();
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(seen);
  EXPECT_EQ(got.out, "too ");
  EXPECT_TRUE(got.truncated);
  EXPECT_EQ(got.status, exit_status::exited(3));
}

TEST(a_failed_command, is_told_with_where_it_ran) {
  const auto result = result_of("echo why >&2; exit 2", {.cwd = "/tmp"});
  try {
    result.check();
    FAIL();
  } catch (const brood::exec_error& error) {
    EXPECT_STREQ(error.what(), "command \"echo why >&2; exit 2\" in /tmp exited with code 2: why");
  }
}

TEST(a_failed_command, is_told_with_its_last_five_lines) {
  const auto result = result_of("seq 1 8 >&2; false", {});
  try {
    result.check();
    FAIL();
  } catch (const brood::exec_error& error) {
    EXPECT_STREQ(error.what(), "command \"seq 1 8 >&2; false\" exited with code 1:\n4\n5\n6\n7\n8");
  }
}

TEST(exec_input, may_come_from_anywhere) {
  EXPECT_EQ(result_of("cat", {.in = brood::stdio::ignore}).out, "");
  EXPECT_EQ(brood::exec_sync("cat", {.input = "given"}).out, "given");
  EXPECT_EQ(brood::exec_sync("cat", {.input = "typed\n", .exec = {.in = brood::stdio::terminal}}).out, "typed\n");
  EXPECT_THROW(brood::exec_sync("cat", {.exec = {.in = brood::stdio::channel}}), std::invalid_argument);
  EXPECT_EQ(brood::exec_sync("wc -c", {.input = "not taken", .exec = {.in = brood::stdio::ignore}}).out, "0\n");
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <brood/shell.hpp>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, section E: directory, environment, argv[0], shell.

namespace {

using brood_test::node;
using brood_test::spawned;
using brood_test::told;

TEST(surroundings, a_relative_command_is_looked_up_from_the_directory_of_the_child) {
  EXPECT_EQ(spawned("./env", {"-i", "A=1"}, {.cwd = "/usr/bin"}),
            node("spawn", "./env", {"-i", "A=1"}, {{"cwd", "/usr/bin"}}));
  EXPECT_EQ(spawned("bin/env", {"-i", "A=1"}, {.cwd = "/usr"}),
            node("spawn", "bin/env", {"-i", "A=1"}, {{"cwd", "/usr"}}));
}

TEST(surroundings, an_empty_directory_is_this_process_s_own) {
  EXPECT_EQ(spawned("pwd", {"-P"}, {.cwd = ""}), node("spawn", "pwd", {"-P"}, {{"cwd", ""}}));
}

TEST(surroundings, an_environment_given_is_all_there_is_and_empty_values_are_kept) {
  const brood::environment ours{{"EMPTY", ""}, {"EQUALS", "a=b"}, {"SPACE", " x "}};
  EXPECT_EQ(spawned("/usr/bin/env", {}, {.env = ours}),
            node("spawn", "/usr/bin/env", {}, {{"env", {{"EMPTY", ""}, {"EQUALS", "a=b"}, {"SPACE", " x "}}}}));
}

TEST(surroundings, an_environment_reaches_a_child_that_is_waited_for) {
  const auto result = brood::exec_file_sync("/bin/sh", {"-c", "echo $FOO"}, {.exec = {.env = {{"FOO", "bar"}}}});
  EXPECT_EQ(told(result), node("spawnSync", "/bin/sh", {"-c", "echo $FOO"}, {{"env", {{"FOO", "bar"}}}}));
}

TEST(surroundings, argv0_changes_that_and_nothing_else) {
  EXPECT_EQ(spawned("/bin/sh", {"-c", "tr '\\0' '|' </proc/$$/cmdline"}, {.argv0 = "another name"}),
            node("spawn", "/bin/sh", {"-c", "tr '\\0' '|' </proc/$$/cmdline"}, {{"argv0", "another name"}}));
}

TEST(surroundings, without_argv0_it_is_the_command_as_given) {
  EXPECT_EQ(spawned("sh", {"-c", "tr '\\0' '|' </proc/$$/cmdline"}),
            node("spawn", "sh", {"-c", "tr '\\0' '|' </proc/$$/cmdline"}));
}

class a_line_of_shell : public testing::TestWithParam<const char*> {};

TEST_P(a_line_of_shell, does_what_it_does_in_node) {
  // Node's text of errors stands in the callback's message; the two outputs are the same.
  EXPECT_EQ(told(brood::exec_sync(GetParam())), node("exec", GetParam()));
}

INSTANTIATE_TEST_SUITE_P(such_as, a_line_of_shell,
                         testing::Values("echo a b | tr a-z A-Z", "echo foo | cat && exit 3", "no-such-command",
                                         "/etc/passwd", "echo \"$((6 * 7))\"", "printf '%s|' one 'two three'",
                                         "echo out; echo err >&2"),
                         [](const auto& one) { return "line_" + std::to_string(one.index); });

TEST(surroundings, an_empty_line_of_shell_is_refused) {
  try {
    brood::exec_sync("");
    ADD_FAILURE();
  } catch (const brood::spawn_error& error) {
    EXPECT_STREQ(error.what(), "spawn: cannot use command \"\" (it is empty): Invalid argument");
  }
  EXPECT_EQ(node("exec", ""), told("failed with ERR_INVALID_ARG_VALUE"));
}

TEST(surroundings, a_shell_may_be_chosen) {
  const brood::exec_options ours{.env = {{"BAZ", "buzz"}}, .shell = "/bin/dash"};
  EXPECT_EQ(told(brood::exec_sync("echo $BAZ $0", {.exec = ours})),
            node("exec", "echo $BAZ $0", {}, {{"shell", "/bin/dash"}, {"env", {{"BAZ", "buzz"}}}}));
}

}  // namespace

#include "launch/plan.hpp"

#include <gtest/gtest.h>

namespace {

using brood::environment;
using brood::environment_block;
using brood::spawn_error;
using brood::spawn_step;
using brood::detail::launch::plan;
using brood::detail::launch::request;

std::vector<std::string> texts(const char* const* pointers) {
  std::vector<std::string> all;
  for (; *pointers != nullptr; ++pointers) all.emplace_back(*pointers);
  return all;
}

struct search {
  const char* name;
  std::string file;
  environment env;
  std::vector<std::string> candidates;
};

const environment nothing(std::initializer_list<environment::variable>{});

class a_command : public testing::TestWithParam<search> {};

TEST_P(a_command, is_looked_for_as_execvp_does) {
  plan p(
      {.file = GetParam().file, .argv = {"x"}, .env = environment_block(GetParam().env), .cwd = "", .descriptors = {}});
  EXPECT_EQ(texts(p.view().candidates), GetParam().candidates);
}

INSTANTIATE_TEST_SUITE_P(
    with, a_command,
    testing::Values(
        search{"a_path", "ls", {{"PATH", "/a:/b"}}, {"/a/ls", "/b/ls"}},
        search{"a_slash_in_front", "/bin/ls", {{"PATH", "/a"}}, {"/bin/ls"}},
        search{"a_slash_inside", "bin/ls", {{"PATH", "/a"}}, {"bin/ls"}},
        search{"no_path", "ls", {{"HOME", "/"}}, {"/usr/local/bin/ls", "/bin/ls", "/usr/bin/ls"}},
        search{"no_environment", "ls", nothing, {"/usr/local/bin/ls", "/bin/ls", "/usr/bin/ls"}},
        search{"an_empty_path", "ls", {{"PATH", ""}}, {"ls"}},
        search{"an_empty_entry_in_front", "ls", {{"PATH", ":/a"}}, {"ls", "/a/ls"}},
        search{"an_empty_entry_inside", "ls", {{"PATH", "/a::/b"}}, {"/a/ls", "ls", "/b/ls"}},
        search{"an_empty_entry_behind", "ls", {{"PATH", "/a:"}}, {"/a/ls", "ls"}},
        search{"empty_entries_only", "ls", {{"PATH", "::"}}, {"ls", "ls", "ls"}},
        search{"a_slash_behind_an_entry", "ls", {{"PATH", "/a/"}}, {"/a//ls"}},
        search{"a_variable_that_only_ends_so", "ls", {{"XPATH", "/x"}, {"PATHS", "/y"}, {"PATH", "/a"}}, {"/a/ls"}}),
    [](const auto& one) { return one.param.name; });

struct refusal {
  const char* name;
  request what;
  const char* text;
};

class a_request : public testing::TestWithParam<refusal> {};

const std::string nul("a\0b", 3);

TEST_P(a_request, is_refused_that_no_program_could_get) {
  try {
    const plan p{GetParam().what};
    FAIL() << "not refused";
  } catch (const spawn_error& error) {
    EXPECT_EQ(error.step(), spawn_step::argument);
    EXPECT_STREQ(error.what(), GetParam().text);
  }
}

INSTANTIATE_TEST_SUITE_P(
    with, a_request,
    testing::Values(
        refusal{"no_command",
                {.file = "", .argv = {"x"}, .env = {}, .cwd = "", .descriptors = {}},
                "spawn: cannot use command \"\" (it is empty): Invalid argument"},
        refusal{"nul_in_the_command",
                {.file = nul, .argv = {"x"}, .env = {}, .cwd = "", .descriptors = {}},
                "spawn: cannot use command \"a\" (it contains a NUL byte): Invalid argument"},
        refusal{"nul_in_an_argument",
                {.file = "x", .argv = {"x", nul}, .env = {}, .cwd = "", .descriptors = {}},
                "spawn: cannot use argument \"a\" (it contains a NUL byte): Invalid argument"},
        refusal{"nul_in_the_environment",
                {.file = "x", .argv = {"x"}, .env = environment_block({{"A", nul}}), .cwd = "", .descriptors = {}},
                "spawn: cannot use environment variable \"A=a\" (it contains a NUL byte): Invalid argument"},
        refusal{"nul_in_the_directory",
                {.file = "x", .argv = {"x"}, .env = {}, .cwd = nul, .descriptors = {}},
                "spawn: cannot use directory \"a\" (it contains a NUL byte): Invalid argument"}),
    [](const auto& one) { return one.param.name; });

TEST(plan, leaves_a_slot_in_front_of_the_arguments) {
  plan p({.file = "x", .argv = {"zero", "one", ""}, .env = {}, .cwd = "", .descriptors = {}});
  EXPECT_EQ(texts(p.view().argv), (std::vector<std::string>{"zero", "one", ""}));
  p.view().argv[-1] = "/bin/sh";  // the child does, for a script without "#!"
  EXPECT_EQ(texts(p.view().argv - 1), (std::vector<std::string>{"/bin/sh", "zero", "one", ""}));
}

TEST(plan, passes_on_everything_else_as_it_is) {
  plan p({.file = "x",
          .argv = {"x"},
          .env = environment_block({{"A", "1"}, {"B", ""}}),
          .cwd = "/tmp",
          .descriptors = {5, -1, 7},
          .new_session = true});
  EXPECT_EQ(texts(p.view().env), (std::vector<std::string>{"A=1", "B="}));
  EXPECT_STREQ(p.view().cwd, "/tmp");
  ASSERT_EQ(p.view().descriptor_count, 3);
  EXPECT_EQ(std::vector<int>(p.view().descriptors, p.view().descriptors + 3), (std::vector<int>{5, -1, 7}));
  EXPECT_TRUE(p.view().new_session);
  EXPECT_EQ(p.view().failure.error, 0);
  EXPECT_EQ(p.take_argv(), std::vector<std::string>{"x"});
}

TEST(plan, stays_in_the_directory_unless_told_otherwise) {
  plan p({.file = "x", .argv = {"x"}, .env = {}, .cwd = "", .descriptors = {}});
  EXPECT_EQ(p.view().cwd, nullptr);
}

TEST(plan, names_what_a_failed_step_was_at) {
  plan p({.file = "x", .argv = {"x"}, .env = {}, .cwd = "/dir", .descriptors = {5, 6, 7}});
  p.view().descriptors[1] = 1000;  // the child moves them about
  const auto path = [&](spawn_step step, int index = 0) {
    return p.error_of({EPERM, static_cast<int>(step), index}).path();
  };
  EXPECT_EQ(path(spawn_step::directory), "/dir");
  EXPECT_EQ(path(spawn_step::descriptor, 1), "6") << "the number the caller knows";
  EXPECT_EQ(path(spawn_step::session), "x");
  EXPECT_EQ(path(spawn_step::execute), "x");
}

}  // namespace

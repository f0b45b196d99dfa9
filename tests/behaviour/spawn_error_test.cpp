#include <gtest/gtest.h>

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <brood/exec.hpp>
#include <fstream>

#include "support.hpp"
#include "support/apart.hpp"

namespace {

using brood::spawn_step;
using brood_test::loop;

struct failure {
  const char* name;
  std::string command;
  brood::arguments args;
  brood::spawn_options options;
  spawn_step step;
  std::string message;
};

class spawn_fails : public testing::TestWithParam<failure> {};

TEST_P(spawn_fails, naming_the_step_and_the_path) {
  const auto before = brood_test::open_descriptors();
  const failure& f = GetParam();
  {
    brood_test::loop io;
    try {
      brood::spawn(io, f.command, f.args, f.options);
      FAIL() << "it started";
    } catch (const brood::spawn_error& error) {
      EXPECT_EQ(error.step(), f.step);
      EXPECT_EQ(std::string(error.what()), f.message);
    }
    EXPECT_EQ(io.poll(), 0U) << "nothing may be left for the loop to do";
  }
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(
    one_by_one, spawn_fails,
    testing::Values(failure{"missing_directory",
                            "true",
                            {},
                            {.cwd = "/nope"},
                            spawn_step::directory,
                            "spawn: cannot change directory to /nope: No such file or directory"},
                    failure{"directory_is_a_file",
                            "true",
                            {},
                            {.cwd = "/etc/passwd"},
                            spawn_step::directory,
                            "spawn: cannot change directory to /etc/passwd: Not a directory"},
                    failure{"missing_program",
                            "/no/such",
                            {},
                            {},
                            spawn_step::execute,
                            "spawn: cannot execute /no/such: No such file or directory"},
                    failure{"missing_command",
                            "no-such-command",
                            {},
                            {},
                            spawn_step::execute,
                            "spawn: cannot execute no-such-command: No such file or directory"},
                    failure{"missing_command_behind_a_file_in_the_path",
                            "no-such-command",
                            {},
                            {.env = {{"PATH", "/etc/passwd:/bin"}}},
                            spawn_step::execute,
                            "spawn: cannot execute no-such-command: No such file or directory"},
                    failure{"not_executable",
                            "/etc/passwd",
                            {},
                            {},
                            spawn_step::execute,
                            "spawn: cannot execute /etc/passwd: Permission denied"},
                    failure{"not_a_directory",
                            "/etc/passwd/x",
                            {},
                            {},
                            spawn_step::execute,
                            "spawn: cannot execute /etc/passwd/x: Not a directory"},
                    failure{"too_long",
                            "true",
                            {std::string(3'000'000, 'x')},
                            {},
                            spawn_step::execute,
                            "spawn: cannot execute true: Argument list too long"},
                    failure{"bad_descriptor",
                            "true",
                            {},
                            {.out = brood::stdio::descriptor(987)},
                            spawn_step::descriptor,
                            "spawn: cannot pass on descriptor 987: Bad file descriptor"},
                    failure{"empty_command",
                            "",
                            {},
                            {},
                            spawn_step::argument,
                            "spawn: cannot use command \"\" (it is empty): Invalid argument"},
                    failure{"nul",
                            "echo",
                            {std::string("a\0b", 3)},
                            {},
                            spawn_step::argument,
                            "spawn: cannot use argument \"a\" (it contains a NUL byte): Invalid argument"}),
    [](const auto& one) { return one.param.name; });

TEST(a_stream_that_was_closed_from_the_start, is_not_taken_for_what_the_loop_has_in_its_place) {
  const auto start_without_stdin = [] {
    ::close(0);
    loop io;
    const boost::asio::steady_timer opens_what_the_loop_needs(io);
    try {
      brood::spawn(io, "true", {}, {.in = brood::stdio::inherit});
      return std::string("started");
    } catch (const brood::spawn_error& error) {
      return std::string(to_string(error.step())) + ": " + error.code().message();
    }
  };
  EXPECT_EQ(brood_test::apart(start_without_stdin), "pass on descriptor: Bad file descriptor");
}

TEST(exec_file, that_cannot_be_started_is_a_spawn_error_for_every_reason) {
  brood_test::loop io;
  EXPECT_THROW(static_cast<void>(brood::exec_file(io, "echo", {std::string("a\0b", 3)})), brood::spawn_error);
  EXPECT_THROW(static_cast<void>(brood::exec_file(io, "/no/such/program")), brood::spawn_error);
}

}  // namespace

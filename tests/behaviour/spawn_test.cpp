#include <gtest/gtest.h>

#include <brood/child_process.hpp>
#include <fstream>

#include "support.hpp"

namespace {

using brood::exit_status;
using brood_test::loop;

/// Runs a program to its end and gives what it wrote to stdout.
std::string output_of(const std::string& command, brood::arguments args, const brood::spawn_options& options = {}) {
  loop io;
  std::string text;
  auto child = brood::spawn(io, command, std::move(args), options);
  child.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  return text;
}

TEST(spawn, tells_the_exit_code) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "exit 7"});
  exit_status seen;
  child.exited.on([&](exit_status status) { seen = status; });
  EXPECT_GT(child.pid(), 0);
  io.run();
  EXPECT_EQ(seen, exit_status::exited(7));
  EXPECT_EQ(to_string(seen), "exited with code 7");
}

TEST(spawn, tells_the_signal_that_killed) {
  loop io;
  auto child = brood::spawn(io, "cat");
  EXPECT_TRUE(child.kill(SIGKILL));
  EXPECT_TRUE(child.killed());
  io.run();
  ASSERT_TRUE(child.exited.happened());
  EXPECT_EQ(*child.exited.value(), exit_status::killed(SIGKILL));
  EXPECT_EQ(to_string(*child.exited.value()), "killed by SIGKILL");
  EXPECT_FALSE(child.kill(SIGTERM)) << "a child that has ended cannot be signalled";
}

TEST(spawn, passes_what_is_written_to_it_back) {
  loop io;
  auto child = brood::spawn(io, "cat");
  std::string text;
  bool ended = false;
  child.out().on_data([&](std::string_view data) { text += data; });
  child.out().on_end([&] { ended = true; });
  child.in().write("hello ");
  child.in().end("world");
  io.run();
  EXPECT_EQ(text, "hello world");
  EXPECT_TRUE(ended);
  EXPECT_TRUE(child.closed.happened());
}

TEST(spawn, carries_more_than_a_pipe_holds_both_ways) {
  loop io;
  auto child = brood::spawn(io, "cat");
  std::string sent;
  for (int i = 0; sent.size() < 8'000'000; ++i) sent += std::to_string(i) + ',';
  std::string received;
  child.out().on_data([&](std::string_view data) { received += data; });
  EXPECT_FALSE(child.in().write(sent)) << "this much cannot have left yet";
  child.in().end();
  io.run();
  EXPECT_TRUE(received == sent);
}

TEST(spawn, keeps_stdout_and_stderr_apart) {
  loop io;
  std::string out;
  std::string err;
  auto child = brood::spawn(io, "sh", {"-c", "echo one; echo two >&2"});
  child.out().on_data([&](std::string_view data) { out += data; });
  child.err().on_data([&](std::string_view data) { err += data; });
  io.run();
  EXPECT_EQ(out, "one\n");
  EXPECT_EQ(err, "two\n");
}

TEST(spawn, keeps_output_that_nobody_has_read_when_the_child_exits) {
  loop io;
  auto child = brood::spawn(io, "echo", {"kept"});
  io.run();
  ASSERT_TRUE(child.closed.happened());
  std::string text;
  bool ended = false;
  child.out().on_data([&](std::string_view data) { text += data; });
  child.out().on_end([&] { ended = true; });
  io.restart();
  io.run();
  EXPECT_EQ(text, "kept\n");
  EXPECT_TRUE(ended);
}

TEST(spawn, runs_in_the_directory_asked_for) { EXPECT_EQ(output_of("pwd", {"-P"}, {.cwd = "/usr"}), "/usr\n"); }

TEST(spawn, replaces_the_environment) {
  EXPECT_EQ(output_of("/usr/bin/env", {}, {.env = {{"ONE", "1"}, {"TWO", "2"}}}), "ONE=1\nTWO=2\n");
}

TEST(spawn, changes_the_inherited_environment) {
  ::setenv("BROOD_TEST_KEPT", "kept", 1);
  ::setenv("BROOD_TEST_GONE", "gone", 1);
  auto env = brood::environment{}.set("BROOD_TEST_NEW", "new").unset("BROOD_TEST_GONE");
  EXPECT_EQ(output_of("sh", {"-c", "echo $BROOD_TEST_KEPT,$BROOD_TEST_GONE,$BROOD_TEST_NEW"}, {.env = env}),
            "kept,,new\n");
}

TEST(spawn, never_hands_down_this_process_own_channel) {
  ::setenv("NODE_CHANNEL_FD", "99", 1);
  const std::string text = output_of("env", {});
  ::unsetenv("NODE_CHANNEL_FD");
  EXPECT_EQ(text.find("NODE_CHANNEL_FD"), std::string::npos);
}

TEST(spawn, looks_the_command_up_in_the_path_of_the_child) {
  EXPECT_EQ(output_of("echo", {"found"}, {.env = {{"PATH", "/nowhere:/bin"}}}), "found\n");
  loop io;
  EXPECT_THROW(brood::spawn(io, "echo", {}, {.env = {{"PATH", "/nowhere"}}}), brood::spawn_error);
}

TEST(spawn, gives_the_child_its_three_descriptors_and_no_other) {
  const int stray = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as foreign code would
  const std::string text = output_of("ls", {"/proc/self/fd"});
  ::close(stray);
  EXPECT_EQ(text, "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST(spawn, starts_the_child_with_default_signals) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::signal(SIGUSR1, SIG_IGN);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const std::string text = output_of("grep", {"-E", "Sig(Blk|Ign)", "/proc/self/status"});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGUSR1, SIG_DFL);
  EXPECT_EQ(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(spawn, runs_a_script_without_an_interpreter_line_in_the_shell) {
  const auto path = std::filesystem::temp_directory_path() / ("brood_script_" + std::to_string(::getpid()));
  std::ofstream(path) << "echo script $1\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  EXPECT_EQ(output_of(path, {"one"}), "script one\n");
  std::filesystem::remove(path);
}

TEST(spawn, passes_a_descriptor_of_ours) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  loop io;
  auto child = brood::spawn(io, "echo", {"through"}, {.out = brood::stdio::descriptor(ends[1])});
  io.run();
  ::close(ends[1]);
  char text[16] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 8);
  ::close(ends[0]);
  EXPECT_STREQ(text, "through\n");
}

TEST(spawn, swaps_descriptors) {
  // 1 becomes what 2 is and the other way round; neither may be overwritten before it was copied.
  int saved_out = ::dup(1);
  int saved_err = ::dup(2);
  int out[2];
  int err[2];
  ASSERT_EQ(::pipe(out), 0);
  ASSERT_EQ(::pipe(err), 0);
  ::dup2(out[1], 1);
  ::dup2(err[1], 2);
  loop io;
  {
    auto child = brood::spawn(io, "sh", {"-c", "echo o; echo e >&2"},
                              {.out = brood::stdio::descriptor(2), .err = brood::stdio::descriptor(1)});
    io.run();
  }
  ::dup2(saved_out, 1);
  ::dup2(saved_err, 2);
  char text[4] = {};
  EXPECT_EQ(::read(out[0], text, 2), 2);
  EXPECT_STREQ(text, "e\n");
  EXPECT_EQ(::read(err[0], text, 2), 2);
  EXPECT_STREQ(text, "o\n");
  for (int fd : {saved_out, saved_err, out[0], out[1], err[0], err[1]}) ::close(fd);
}

TEST(spawn, a_child_that_closes_its_input_is_an_error_value_and_no_signal) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "exec <&-; echo closed; exec tail -f /dev/null"});
  brood::error_code reason;
  child.in().closed.on([&](brood::error_code why) {
    reason = why;
    child.kill(SIGKILL);
  });
  child.out().on_data([&](std::string_view) { EXPECT_FALSE(child.in().write("nobody reads this")); });
  io.run();
  EXPECT_EQ(reason, boost::system::errc::broken_pipe);
}

TEST(spawn, a_dropped_child_is_reaped) {
  loop io;
  exit_status seen;
  {
    auto child = brood::spawn(io, "sh", {"-c", "exit 3"});
    child.exited.async_wait([&](brood::error_code, exit_status status) { seen = status; });
  }
  io.run();
  EXPECT_EQ(seen, exit_status::exited(3));
}

TEST(spawn, an_unreferenced_child_does_not_keep_the_loop) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  loop io;
  auto child = brood::spawn(io, "cat");
  child.unref();
  io.run();  // returns though the child lives
  EXPECT_FALSE(child.exited.happened());
  child.ref();
  child.in().end();
  io.restart();
  io.run();
  EXPECT_TRUE(child.exited.happened());
}

TEST(spawn, leaves_no_descriptor_behind) {
  const auto before = brood_test::open_descriptors();
  {
    loop io;
    for (int i = 0; i < 20; ++i) {
      auto child = brood::spawn(io, "true");
      EXPECT_THROW(brood::spawn(io, "/no/such/program"), brood::spawn_error);
      io.run();
      io.restart();
    }
  }
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(spawn, a_status_collected_by_other_code_is_told_as_lost) {
  loop io;
  auto child = brood::spawn(io, "true");
  ASSERT_EQ(::waitpid(child.pid(), nullptr, 0), child.pid());
  brood::error_code seen;
  child.exited.async_wait([&](brood::error_code ec, exit_status status) {
    seen = ec;
    EXPECT_TRUE(status.lost());
  });
  io.run();
  EXPECT_EQ(seen, brood::errc::status_lost);
}

}  // namespace

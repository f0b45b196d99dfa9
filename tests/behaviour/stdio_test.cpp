#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <brood/async_spawn.hpp>
#include <brood/child_process.hpp>
#include <brood/spawn_sync.hpp>

#include "support.hpp"

// What a child can be given as a descriptor, beside the plain pipe.
namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::actor;
using brood_test::all_of;
using brood_test::loop;

// ---- streams of other children

TEST(stdio_stream, joins_two_children_by_one_pipe) {
  loop io;
  auto first = brood::spawn(io, "printf", {"b\\na\\nc\\n"});
  auto second = brood::spawn(io, "sort", {}, {.in = stdio::stream(first.out())});
  EXPECT_EQ(all_of(io, second.out()), "a\nb\nc\n");
  EXPECT_TRUE(first.out().ended.happened()) << "it is out of this process's hands";
  EXPECT_EQ(second.exit_status(), exit_status::exited(0));
}

TEST(stdio_stream, joins_them_the_other_way_round_too) {
  loop io;
  auto second = brood::spawn(io, "sort");
  auto first = brood::spawn(io, "printf", {"b\\na\\n"}, {.out = stdio::stream(second.in())});
  EXPECT_EQ(all_of(io, second.out()), "a\nb\n");
}

TEST(stdio_stream, keeps_what_a_child_left_that_is_gone_already) {
  loop io;
  auto first = brood::spawn(io, "echo", {"left behind"});
  io.run();
  ASSERT_TRUE(first.exited.happened());
  io.restart();
  auto second = brood::spawn(io, "cat", {}, {.in = stdio::stream(first.out())});
  EXPECT_EQ(all_of(io, second.out()), "left behind\n");
}

TEST(stdio_stream, of_a_child_that_said_nothing_is_at_its_end) {
  loop io;
  auto first = brood::spawn(io, "true");
  io.run();
  io.restart();
  auto second = brood::spawn(io, "cat", {}, {.in = stdio::stream(first.out())});
  EXPECT_EQ(all_of(io, second.out()), "");
}

TEST(stdio_stream, that_is_being_read_cannot_be_taken) {
  loop io;
  auto child = brood::spawn(io, "echo", {"x"});
  child.out().on_data([](std::string_view) {});
  EXPECT_THROW(static_cast<void>(child.out().release()), std::logic_error);
  io.run();
}

TEST(stdio_stream, brings_also_what_somebody_writes_that_the_child_has_left_behind) {
  loop io;
  auto first =
      brood::spawn(io, brood::shell("exec 4<&3; echo one; (read go <&4; echo two) & exit 0"), {.more = {stdio::pipe}});
  auto go = first.release_stdio(3);
  while (!first.exited.happened()) io.run_one();
  auto second = brood::spawn(io, "cat", {}, {.in = stdio::stream(first.out())});
  go.reset();
  EXPECT_EQ(all_of(io, second.out()), "one\ntwo\n");
  EXPECT_TRUE(first.out().ended.happened());
  EXPECT_TRUE(first.closed.happened());
}

TEST(stdio_stream, is_given_away_in_blocking_mode) {
  loop io;
  auto first = brood::spawn(io, "sh", {"-c", "echo one; read go; echo two"});
  char byte;
  std::size_t got = 0;
  first.out().async_read_some(boost::asio::buffer(&byte, 1), [&](brood::error_code, std::size_t n) { got = n; });
  io.run_one();
  while (got == 0) io.run_one();
  const brood::unique_fd fd = first.out().release();
  EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
  first.in().end("\n");
  io.run();
}

TEST(stdio_descriptor, given_away_is_closed_when_the_child_has_it) {
  const auto before = brood_test::open_descriptors();
  loop io;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  brood::unique_fd reader(ends[0]);
  {
    auto child = brood::spawn(io, "echo", {"given"}, {.out = stdio::descriptor(brood::unique_fd(ends[1]))});
    io.run();
  }
  char text[16];
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 6);
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 0) << "the writer is closed here as well";
  reader.reset();
  EXPECT_LE(brood_test::open_descriptors(), before + 3) << "but for the loop's own";
}

TEST(stdio_descriptor, given_away_is_closed_though_the_options_are_kept) {
  for (const char* command : {"echo", "/no/such/program"}) {
    for (const bool elsewhere : {false, true}) {
      loop io;
      int ends[2];
      ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
      const brood::unique_fd reader(ends[0]);
      const brood::spawn_options kept{.out = stdio::descriptor(brood::unique_fd(ends[1]))};
      try {
        if (elsewhere) {
          static_cast<void>(brood::async_spawn(io, command, {}, kept));
        } else {
          brood::spawn(io, command, {}, kept);
        }
      } catch (const brood::spawn_error&) {}
      io.run();
      char text[16];
      ASSERT_GE(::read(reader.get(), text, sizeof text), 0);
      EXPECT_EQ(::read(reader.get(), text, sizeof text), 0);
      EXPECT_EQ(kept.out.fd(), -1);
      EXPECT_THROW(brood::spawn(io, "echo", {}, kept), brood::spawn_error) << "there is one only";
    }
  }
}

TEST(stdio_inherit, of_a_closed_number_is_an_error_and_never_a_pipe_of_ours) {
  loop io;
  const int saved = ::fcntl(0, F_DUPFD_CLOEXEC, 10);
  ::close(0);
  try {
    brood::spawn(io, "cat", {}, {.in = stdio::inherit});
    ADD_FAILURE() << "must throw";
  } catch (const brood::spawn_error& error) {
    EXPECT_EQ(error.step(), brood::spawn_step::descriptor);
    EXPECT_EQ(error.code().value(), EBADF);
    EXPECT_EQ(error.path(), "0");
  }
  EXPECT_EQ(::fcntl(0, F_GETFD), -1) << "nothing of ours may have stayed there";
  if (saved >= 0) {
    ::dup2(saved, 0);
    ::close(saved);
  }
}

TEST(stdio_ignore, beyond_stderr_is_nothing_at_all) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "[ -e /proc/self/fd/3 ] && echo open || echo closed"},
                            {.more = {stdio::ignore, stdio::pipe}});
  EXPECT_EQ(all_of(io, child.out()), "closed\n");
}

// ---- the channel as one of them

TEST(stdio_channel, stands_where_it_is_put) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "echo $NODE_CHANNEL_FD; echo '{\"from\":\"sh\"}' >&4"},
                            {.more = {stdio::ignore, stdio::channel}});
  boost::json::value heard;
  child.messages.on([&](brood::message m) { heard = std::move(m.body); });
  EXPECT_EQ(all_of(io, child.out()), "4\n");
  EXPECT_EQ(heard, (boost::json::value{{"from", "sh"}}));
}

TEST(stdio_channel, may_be_stdout_itself) {
  loop io;
  auto child = brood::spawn(io, "echo", {"{\"on\":1}"}, {.out = stdio::channel});
  boost::json::value heard;
  child.messages.on([&](brood::message m) { heard = std::move(m.body); });
  io.run();
  EXPECT_EQ(heard, (boost::json::value{{"on", 1}}));
}

TEST(stdio_channel, is_there_once_at_most) {
  loop io;
  EXPECT_THROW(brood::spawn(io, "true", {}, {.more = {stdio::channel, stdio::channel}}), brood::spawn_error);
  EXPECT_THROW(brood::spawn_sync("true", {}, {.more = {stdio::channel}}), std::invalid_argument);
}

TEST(stdio_channel, comes_with_an_async_spawn_as_well) {
  loop io;
  auto starting = brood::async_spawn(io, "echo", {"[1]"}, {.out = stdio::channel});
  boost::json::value heard;
  std::optional<brood::child_process> child;
  starting.async_child([&](brood::error_code, std::optional<brood::child_process> c) {
    child = std::move(c);
    child->messages.on([&](brood::message m) { heard = std::move(m.body); });
  });
  io.run();
  EXPECT_EQ(heard, (boost::json::value{1}));
}

// ---- terminals

TEST(stdio_terminal, is_a_terminal_that_controls_the_childs_session) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "test -t 0 && test -t 1 && test -t 2 && tty </dev/tty; ps -o stat= -p $$"},
                            {.in = stdio::terminal, .out = stdio::terminal, .err = stdio::terminal});
  const std::string text = all_of(io, child.out());
  EXPECT_EQ(text.rfind("/dev/", 0), 0U) << text;
  EXPECT_NE(text.find("s"), std::string::npos) << "a session leader: " << text;
  EXPECT_THROW(child.err(), std::logic_error) << "it comes out of out()";
  EXPECT_EQ(child.exit_status(), exit_status::exited(0));
}

TEST(stdio_terminal, has_the_size_it_was_given_and_gets) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "stty size; read go; stty size"},
                            {.in = stdio::terminal, .out = stdio::terminal, .terminal = {.rows = 50, .columns = 132}});
  std::string text;
  child.out().on_data([&](std::string_view data) {
    text += data;
    if (text == "50 132\r\n") {
      child.resize({.rows = 10, .columns = 20});
      child.in().write("\n");
    }
  });
  io.run();
  EXPECT_EQ(text, "50 132\r\n\r\n10 20\r\n");
}

TEST(stdio_terminal, end_types_the_end_of_the_input) {
  for (const std::string typed : {"", "one line\n", "half a line"}) {
    loop io;
    auto child = brood::spawn(io, "sh", {"-c", "stty -echo; echo ready; wc -c"},
                              {.in = stdio::terminal, .out = stdio::terminal});
    std::string text;
    bool ready = false;
    child.out().on_data([&](std::string_view data) {
      text += data;
      if (!ready && text.find("ready") != std::string::npos) {
        ready = true;
        child.in().end(typed);
      }
    });
    io.run();
    EXPECT_EQ(text, "ready\r\n" + std::to_string(typed.size()) + "\r\n");
  }
}

TEST(stdio_terminal, for_the_input_alone_has_an_end_as_well) {
  loop io;
  auto child = brood::spawn(io, brood::shell("echo ready; wc -c"), {.in = stdio::terminal});
  std::string text;
  child.out().on_data([&](std::string_view data) {
    text += data;
    if (text == "ready\n") child.in().end("one line\n");
  });
  io.run();
  EXPECT_EQ(text, "ready\n9\n");
  EXPECT_EQ(child.exit_status(), exit_status::exited(0));
  EXPECT_TRUE(child.in().closed.happened());
}

TEST(stdio_terminal, whose_input_was_given_away_does_not_block_the_loop) {
  loop io;
  auto child = brood::spawn(io, brood::shell("stty -echo; read word; echo $word; read word; echo $word"),
                            {.in = stdio::terminal, .out = stdio::terminal});
  child.in().write("one\n");
  brood::unique_fd typed;
  std::string text;
  child.out().on_data([&](std::string_view data) {
    text += data;
    if (typed || text.find("one\r\n") == std::string::npos) return;
    typed = child.in().release();
    EXPECT_EQ(::fcntl(typed.get(), F_GETFL) & O_NONBLOCK, 0);
    boost::asio::post(io, [&] { EXPECT_EQ(::write(typed.get(), "two\n", 4), 4); });
  });
  io.run();
  EXPECT_NE(text.find("two\r\n"), std::string::npos) << text;
}

TEST(stdio_terminal, hangs_up_when_its_streams_are_closed) {
  loop io;
  auto child = brood::spawn(io, "cat", {}, {.in = stdio::terminal, .out = stdio::terminal, .err = stdio::terminal});
  child.in().close();
  child.out().close();
  io.run();
  EXPECT_EQ(child.exit_status(), exit_status::killed(SIGHUP));
}

TEST(stdio_terminal, among_the_further_descriptors_is_handed_over_as_its_master) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "test -t 3 && echo through >&3"}, {.more = {stdio::terminal}});
  const brood::unique_fd master = child.release_stdio(3);
  char text[32];
  EXPECT_EQ(::read(master.get(), text, sizeof text), 9);
  io.run();
  EXPECT_EQ(child.exit_status(), exit_status::exited(0));
}

TEST(stdio_terminal, has_another_size_though_the_input_is_a_pipe) {
  loop io;
  auto child = brood::spawn(io, brood::shell("read go; stty size <&1"), {.out = stdio::terminal});
  child.resize({.rows = 10, .columns = 20});
  child.in().end("\n");
  EXPECT_EQ(all_of(io, child.out()), "10 20\r\n");
}

TEST(stdio_terminal, is_what_resize_needs) {
  loop io;
  auto child = brood::spawn(io, "cat");
  EXPECT_THROW(child.resize({}), boost::system::system_error);
  child.in().end();
  io.run();
}

// ---- lines of shell

TEST(shell_line, takes_the_place_of_a_command) {
  loop io;
  auto child = brood::spawn(io, brood::shell("echo $((6 * 7)); exit 3"));
  EXPECT_EQ(all_of(io, child.out()), "42\n");
  EXPECT_EQ(child.exit_status(), exit_status::exited(3));
  EXPECT_EQ(brood::spawn_sync(brood::shell("exit 5")), exit_status::exited(5));
}

TEST(shell_line, runs_in_the_shell_that_is_named) {
  loop io;
  auto child = brood::spawn(io, brood::shell("echo ${BASH_VERSION:+bash}", "/bin/bash"));
  EXPECT_EQ(child.file(), "/bin/bash");
  EXPECT_EQ(all_of(io, child.out()), "bash\n");
}

TEST(a_child, prints_itself_as_a_sentence) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "exit 4"});
  const std::string who = "child " + std::to_string(child.pid()) + " (sh -c 'exit 4') ";
  EXPECT_EQ(to_string(child), who + "is running");
  EXPECT_FALSE(child.exit_status());
  io.run();
  EXPECT_EQ(to_string(child), who + "exited with code 4");
}

}  // namespace

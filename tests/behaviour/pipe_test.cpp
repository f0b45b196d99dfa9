#include <gtest/gtest.h>

#include <brood/exec.hpp>
#include <brood/pipe.hpp>

#include "support.hpp"

namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::all_of;
using brood_test::loop;

TEST(a_pipe, joins_any_number_of_children) {
  loop io;
  auto a = brood::spawn(io, "printf", {"c\\nb\\na\\nb\\n"});
  auto b = brood::spawn(io, "sort");
  auto c = brood::spawn(io, "uniq", {"-c"});
  brood::pipe(a, b, c);
  EXPECT_EQ(all_of(io, c.out()), "      1 a\n      2 b\n      1 c\n");
}

TEST(a_pipe, moves_more_than_any_pipe_holds_byte_for_byte) {
  loop io;
  auto a = brood::spawn(io, "seq", {"1", "2000000"});
  auto b = brood::spawn(io, "cat");
  auto c = brood::spawn(io, "cksum");
  brood::pipe(a, b, c);
  const std::string sum = all_of(io, c.out());
  loop again;
  auto direct = brood::spawn(again, brood::shell("seq 1 2000000 | cksum"));
  EXPECT_EQ(sum, all_of(again, direct.out()));
}

TEST(a_pipe, sends_first_what_was_written_before) {
  loop io;
  auto a = brood::spawn(io, "echo", {"body"});
  auto b = brood::spawn(io, "cat");
  b.in().write("head\n");
  brood::pipe(a, b);
  EXPECT_EQ(all_of(io, b.out()), "head\nbody\n");
}

TEST(a_pipe, sends_what_a_child_left_that_is_gone_already) {
  loop io;
  auto a = brood::spawn(io, "echo", {"left"});
  io.run();
  io.restart();
  auto b = brood::spawn(io, "cat");
  brood::pipe(a, b);
  EXPECT_EQ(all_of(io, b.out()), "left\n");
}

TEST(a_pipe, ends_a_writer_whose_reader_has_had_enough) {
  loop io;
  auto a = brood::spawn(io, "yes");
  auto b = brood::spawn(io, "head", {"-n", "3"});
  auto joined = brood::pipe(a.out(), b.in());
  EXPECT_EQ(all_of(io, b.out()), "y\ny\ny\n");
  EXPECT_EQ(a.exit_status(), exit_status::killed(SIGPIPE));
  ASSERT_TRUE(joined.happened());
  EXPECT_EQ(*joined.value(), boost::asio::error::broken_pipe);
}

TEST(a_pipe, tells_its_end) {
  loop io;
  auto a = brood::spawn(io, "true");
  auto b = brood::spawn(io, "cat");
  auto joined = brood::pipe(a.out(), b.in());
  io.run();
  ASSERT_TRUE(joined.happened());
  EXPECT_FALSE(*joined.value());
}

TEST(a_pipe, goes_through_a_buffer_where_one_side_is_a_terminal) {
  loop io;
  auto a = brood::spawn(io, "printf", {"one\\ntwo\\n"}, {.out = stdio::terminal});
  auto b = brood::spawn(io, "cat");
  brood::pipe(a, b);
  EXPECT_EQ(all_of(io, b.out()), "one\r\ntwo\r\n");
}

TEST(a_pipe, ends_the_input_of_a_terminal_too) {
  loop io;
  auto a = brood::spawn(io, brood::shell("read go; printf 'half a line'"));
  auto b = brood::spawn(io, brood::shell("stty -echo; echo ready >&2; wc -c"),
                        {.in = stdio::terminal, .out = stdio::terminal});
  brood::pipe(a, b);
  b.err().on_data([&](std::string_view) { a.in().end("\n"); });
  EXPECT_EQ(all_of(io, b.out()), "11\r\n");
  EXPECT_EQ(b.exit_status(), exit_status::exited(0));
}

TEST(a_pipe, goes_on_though_the_handles_are_gone) {
  loop io;
  auto last = brood::spawn(io, "wc", {"-l"});
  {
    auto a = brood::spawn(io, "seq", {"1", "200000"});
    auto b = brood::spawn(io, "cat");
    brood::pipe(a, b, last);
  }
  EXPECT_EQ(all_of(io, last.out()), "200000\n");
}

TEST(a_pipe, is_refused_where_the_stream_is_read_already) {
  loop io;
  auto a = brood::spawn(io, "true");
  auto b = brood::spawn(io, "cat");
  a.out().on_data([](std::string_view) {});
  EXPECT_THROW(brood::pipe(a.out(), b.in()), std::logic_error);
  b.in().end();
  io.run();
}

TEST(a_pipe, is_refused_where_another_one_writes_already) {
  loop io;
  auto a = brood::spawn(io, "echo", {"a"});
  auto b = brood::spawn(io, "echo", {"b"});
  auto c = brood::spawn(io, "cat");
  brood::pipe(a.out(), c.in());
  EXPECT_THROW(brood::pipe(b.out(), c.in()), std::logic_error);
  std::string text;
  b.out().on_data([&](std::string_view data) { text += data; });
  EXPECT_EQ(all_of(io, c.out()), "a\n");
  EXPECT_EQ(text, "b\n") << "and the refused one can still be read";
}

TEST(a_pipe, may_be_closed_by_the_program) {
  loop io;
  auto a = brood::spawn(io, "tail", {"-f", "/dev/null"});
  auto b = brood::spawn(io, "cat");
  auto joined = brood::pipe(a.out(), b.in());
  b.in().close();
  a.kill();
  io.run();
  EXPECT_TRUE(joined.happened());
  EXPECT_EQ(b.exit_status(), exit_status::exited(0));
}

TEST(writable, tells_when_its_queue_has_drained) {
  loop io;
  auto child = brood::spawn(io, "cksum");
  const std::string block(100000, 'x');
  int drained = 0;
  int rounds = 0;
  const auto fill = [&] {
    while (rounds < 20) {
      ++rounds;
      if (!child.in().write(block)) return;
    }
    child.in().end();
  };
  child.in().drained.on([&] {
    ++drained;
    fill();
  });
  fill();
  std::string text;
  child.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_GT(drained, 0);
  EXPECT_NE(text.find(" 2000000"), std::string::npos) << text;
}

TEST(closed, comes_though_a_grandchild_held_an_output_nobody_reads) {
  loop io;
  // The grandchild ends when its stdin does, which is when the program lets go of it.
  auto child = brood::spawn(io, "sh", {"-c", "exec 3<&0; (cat <&3 >/dev/null) & exit 0"});
  bool closed = false;
  child.exited.on([&](exit_status) { EXPECT_FALSE(closed); });
  child.closed.on([&](exit_status) { closed = true; });
  child.in().end();
  io.run();
  EXPECT_TRUE(closed);
}

}  // namespace

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <brood/child_process.hpp>
#include <stdexcept>

#include "support.hpp"

namespace {

using brood::output_line;
using brood_test::loop;

brood::child_process printing(loop& io, const std::string& text) {
  return brood::spawn(io, "/bin/sh", {"-c", "printf '%s' \"$0\"", text}, {.in = brood::stdio::ignore});
}

TEST(on_line, delivers_each_line_without_its_end) {
  loop io;
  auto child = printing(io, "one\ntwo\r\n\nlast");
  std::vector<std::string> lines;
  child.out().on_line([&](std::string_view line) { lines.emplace_back(line); });
  child.out().on_end([&] { lines.emplace_back("(end)"); });
  io.run();
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "", "last", "(end)"}));
}

TEST(on_line, delivers_the_last_line_before_listeners_for_the_end_that_came_first) {
  loop io;
  auto child = printing(io, "last");
  std::vector<std::string> order;
  child.out().on_end([&] { order.emplace_back("(end)"); });
  child.closed.on([&](brood::exit_status) { order.emplace_back("(closed)"); });
  child.out().on_line([&](std::string_view line) { order.emplace_back(line); });
  io.run();
  EXPECT_EQ(order, (std::vector<std::string>{"last", "(end)", "(closed)"}));
}

TEST(on_line, delivers_a_long_line_in_pieces) {
  loop io;
  auto child = printing(io, "abcdefgh\nij\n");
  std::string seen;
  child.out().on_line([&](const output_line& line) { seen += std::string(line.text) + (line.complete ? "." : "-"); },
                      3);
  io.run();
  EXPECT_EQ(seen, "abc-def-gh.ij.");
}

TEST(on_line, takes_lines_of_64_kib_whole_unless_told_otherwise) {
  loop io;
  auto child =
      brood::spawn(io, brood::shell("head -c 65536 /dev/zero | tr '\\0' x; echo; head -c 65537 /dev/zero | tr '\\0' y"),
                   {.in = brood::stdio::ignore});
  std::vector<std::pair<std::size_t, bool>> lines;
  child.out().on_line([&](const output_line& line) { lines.emplace_back(line.text.size(), line.complete); });
  io.run();
  EXPECT_EQ(lines, (std::vector<std::pair<std::size_t, bool>>{{65536, true}, {65536, false}, {1, true}}));
}

TEST(on_line, delivers_no_line_while_the_stream_is_paused) {
  loop io;
  auto child = printing(io, "1\n2\n3\n4\n5");
  std::string seen;
  bool paused = false;
  child.out().on_line([&](std::string_view line) {
    EXPECT_FALSE(paused);
    seen += line;
    paused = true;
    child.out().pause();
    boost::asio::post(io, [&] {
      paused = false;
      child.out().resume();
    });
  });
  io.run();
  EXPECT_EQ(seen, "12345");
  EXPECT_TRUE(child.closed.happened());
}

TEST(on_line, is_waited_for_by_closed_until_a_paused_stream_has_delivered_all) {
  loop io;
  auto child = printing(io, "1\n2");
  std::string seen;
  child.out().on_line([&](std::string_view line) {
    seen += line;
    if (line == "1") child.out().pause();
  });
  io.run();
  EXPECT_TRUE(child.exited.happened());
  EXPECT_FALSE(child.closed.happened());
  EXPECT_EQ(seen, "1");
  child.out().resume();
  io.restart();
  io.run();
  EXPECT_EQ(seen, "12");
  EXPECT_TRUE(child.closed.happened());
}

TEST(on_line, reads_a_child_that_writes_on_while_it_is_paused_again_and_again) {
  loop io;
  auto child = brood::spawn(io, "seq", {"1", "20000"}, {.in = brood::stdio::ignore});
  int expected = 0;
  child.out().on_line([&](std::string_view line) {
    ++expected;
    EXPECT_EQ(line, std::to_string(expected));
    if (expected % 1000 != 0) return;
    child.out().pause();
    boost::asio::post(io, [&] { child.out().resume(); });
  });
  io.run();
  EXPECT_EQ(expected, 20000);
}

TEST(on_line, stops_when_it_is_cancelled_between_two_lines) {
  loop io;
  auto child = printing(io, "1\n2\n3\n");
  std::string seen;
  brood::subscription subscribed;
  subscribed = child.out().on_line([&](std::string_view line) {
    seen += line;
    if (line == "2") subscribed.cancel();
  });
  io.run();
  EXPECT_EQ(seen, "12");
}

TEST(on_line, loses_only_the_line_whose_listener_throws) {
  loop io;
  auto child = printing(io, "1\n2\n3");
  std::string seen;
  child.out().on_line([&](std::string_view line) {
    if (line == "2") throw std::runtime_error("on purpose");
    seen += line;
  });
  int thrown = 0;
  for (bool again = true; again;) {
    try {
      io.run();
      again = false;
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(seen, "13");
  EXPECT_EQ(thrown, 1);
}

TEST(on_line, may_have_a_second_listener_that_hears_all_although_the_first_pauses) {
  loop io;
  auto child = printing(io, "1\n2\n3");
  std::string first;
  std::string second;
  std::string bytes;
  child.out().on_line([&](std::string_view line) {
    first += line;
    child.out().pause();
    boost::asio::post(io, [&] { child.out().resume(); });
  });
  child.out().on_line([&](std::string_view line) { second += line; });
  child.out().on_data([&](std::string_view data) { bytes += data; });
  io.run();
  EXPECT_EQ(first, "123");
  EXPECT_EQ(second, "123");
  EXPECT_EQ(bytes, "1\n2\n3");
}

TEST(on_line, may_drop_its_child) {
  loop io;
  auto child = std::make_unique<brood::child_process>(printing(io, "1\n2"));
  std::string seen;
  child->out().on_line([&](std::string_view line) {
    seen += line;
    child.reset();
  });
  io.run();
  EXPECT_EQ(seen, "1") << "listeners end with their child";
}

TEST(on_line, hears_what_was_kept_when_it_comes_after_the_end) {
  loop io;
  auto child = printing(io, "1\n2");
  io.run();
  std::string seen;
  child.out().on_line([&](std::string_view line) { seen += std::string(line) + ';'; });
  io.restart();
  io.run();
  EXPECT_EQ(seen, "1;2;");
}

TEST(on_line, refuses_a_limit_of_no_bytes) {
  loop io;
  auto child = printing(io, "");
  EXPECT_THROW(child.out().on_line([](std::string_view) {}, 0), std::invalid_argument);
  io.run();
}

}  // namespace

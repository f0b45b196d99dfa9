#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>

#include "behaviour/support.hpp"
#include "support/parity.hpp"

// docs/parity.md, section D: the standard streams and further descriptors.

namespace {

namespace asio = boost::asio;
using brood::exit_status;
using brood::stdio;
using brood::unique_fd;
using brood_test::actor;
using brood_test::loop;
using brood_test::node;
using brood_test::spawned;

struct two_ends {
  unique_fd read{};
  unique_fd write{};
};

two_ends make_pipe() {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

std::string read_to_end(const unique_fd& from) {
  std::string text;
  char piece[65536];
  for (ssize_t size = 0; (size = ::read(from.get(), piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(size));
  }
  return text;
}

std::string heard(brood::child_process& child, loop& io) {
  std::string text;
  child.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  return text;
}

TEST(stdio_parity, what_is_not_a_pipe_has_no_stream) {
  loop io;
  auto child = brood::spawn(io, "true", {}, {.in = stdio::ignore, .out = stdio::inherit, .err = stdio::descriptor(2)});
  EXPECT_THROW(static_cast<void>(child.in()), std::logic_error);
  EXPECT_THROW(static_cast<void>(child.out()), std::logic_error);
  EXPECT_THROW(static_cast<void>(child.err()), std::logic_error);
  EXPECT_THROW(static_cast<void>(child.release_stdio(3)), std::logic_error);
  io.run();
  EXPECT_TRUE(child.closed.happened());
}

TEST(stdio_parity, ignored_streams_are_dev_null) {
  const std::string line = "readlink /proc/self/fd/0; readlink /proc/self/fd/2 >&1; cat";
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", line}, {.in = stdio::ignore, .err = stdio::ignore});
  EXPECT_EQ(brood_test::told("exited with code 0", heard(child, io)),
            node("spawn", "sh", {"-c", line}, {{"stdio", {"ignore", "pipe", "ignore"}}}));
}

TEST(stdio_parity, a_specification_says_what_it_is) {
  EXPECT_EQ(stdio().type(), stdio::kind::usual);
  EXPECT_EQ(stdio::pipe.type(), stdio::kind::pipe);
  EXPECT_EQ(stdio::inherit.type(), stdio::kind::inherit);
  EXPECT_EQ(stdio::ignore.type(), stdio::kind::ignore);
  EXPECT_EQ(stdio::descriptor(7).fd(), 7);
  EXPECT_EQ(stdio::append("/x").path(), "/x");
  EXPECT_EQ(stdio::read("/x").type(), stdio::kind::read);
  EXPECT_EQ(stdio::write("/x").type(), stdio::kind::write);
}

TEST(stdio_parity, lines_go_to_and_fro) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "while read n; do echo $((n + 1)); done"});
  std::string line;
  int last = 0;
  child.out().on_data([&](std::string_view data) {
    line += data;
    if (!line.ends_with('\n')) return;
    last = std::stoi(line);
    if (last == 100) return child.in().end();
    child.in().write(std::exchange(line, ""));
  });
  child.in().write("0\n");
  io.run();
  EXPECT_EQ(last, 100);
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
}

TEST(stdio_parity, inherit_hands_down_our_own) {
  auto [read, write] = make_pipe();
  const unique_fd saved(::dup(2));
  ::dup2(write.get(), 2);
  write.reset();
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "echo through >&2"}, {.err = stdio::inherit});
  io.run();
  ::dup2(saved.get(), 2);
  EXPECT_EQ(read_to_end(read), "through\n");
}

TEST(stdio_parity, the_parent_may_wire_three_children_to_each_other) {
  loop io;
  auto sed = brood::spawn(io, "sed", {"s/o/O/"});
  auto grep = brood::spawn(io, "grep", {"o"});
  auto echo = brood::spawn(io, "echo", {"hello\nnode\nand\nworld"});
  std::string text;
  echo.out().on_data([&](std::string_view data) { grep.in().write(data); });
  echo.out().on_end([&] { grep.in().end(); });
  grep.out().on_data([&](std::string_view data) { sed.in().write(data); });
  grep.out().on_end([&] { sed.in().end(); });
  sed.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_EQ(text, "hellO\nnOde\nwOrld\n");
}

TEST(stdio_parity, one_child_s_output_may_be_another_s_input_unseen_by_the_parent) {
  loop io;
  auto [read, write] = make_pipe();
  auto from = brood::spawn(io, "head", {"-c", "1048576", "/dev/zero"}, {.out = stdio::descriptor(write.get())});
  auto to = brood::spawn(io, "wc", {"-c"}, {.in = stdio::descriptor(read.get())});
  write.reset();
  read.reset();
  EXPECT_EQ(heard(to, io), "1048576\n");
}

TEST(stdio_parity, several_may_write_to_one_child_s_input) {
  loop io;
  auto [read, write] = make_pipe();
  auto cat = brood::spawn(io, "cat", {}, {.in = stdio::descriptor(read.get())});
  auto one = brood::spawn(io, "echo", {"one"}, {.out = stdio::descriptor(write.get())});
  std::string order;
  one.closed.on([&](const exit_status&) {
    auto two = brood::spawn(io, "echo", {"two"}, {.out = stdio::descriptor(write.get())});
    two.closed.on([&](const exit_status&) {
      EXPECT_EQ(::write(write.get(), "parent\n", 7), 7);
      write.reset();
    });
    std::move(two).detach();
  });
  EXPECT_EQ(heard(cat, io), "one\ntwo\nparent\n");
}

TEST(stdio_parity, an_end_lent_to_a_child_may_be_read_by_the_parent_after_it) {
  loop io;
  auto [read, write] = make_pipe();
  EXPECT_EQ(::write(write.get(), "first\nrest", 10), 10);
  write.reset();
  auto child = brood::spawn(io, "sh", {"-c", "read line; echo \"$line\""}, {.in = stdio::descriptor(read.get())});
  EXPECT_EQ(heard(child, io), "first\n") << "a shell takes no more than the line";
  EXPECT_EQ(read_to_end(read), "rest");
}

TEST(stdio_parity, end_comes_after_all_that_was_queued) {
  loop io;
  auto child = brood::spawn(io, "wc", {"-c"});
  for (int i = 0; i < 30; ++i) child.in().write(std::string(100'000, 'x'));
  child.in().end("\n");
  EXPECT_EQ(heard(child, io), "3000001\n");
}

TEST(stdio_parity, all_of_half_a_million_characters_come_before_closed) {
  EXPECT_EQ(spawned("sh", {"-c", "yes | head -c 500000"}), node("spawn", "sh", {"-c", "yes | head -c 500000"}));
}

TEST(stdio_parity, a_node_child_that_ends_by_itself_has_said_all_its_lines) {
  loop io;
  auto child = brood::spawn(io, "node", {"-e", "for (let i = 0; i < 102; ++i) console.log(i)"});
  const std::string text = heard(child, io);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 102);
}

TEST(stdio_parity, a_child_s_ends_are_blocking_whatever_the_parent_s_are) {
  loop io;
  auto child =
      brood::spawn(io, "sh", {"-c", "read go; grep -h flags /proc/self/fdinfo/[0-3]"}, {.more = {stdio::pipe}});
  std::string text;
  child.out().on_data([&](std::string_view data) { text += data; });  // from here on the parent's end does not block
  asio::post(io, [&] { child.in().end("go\n"); });
  io.run();
  std::istringstream lines(text);
  int count = 0;
  std::string name;
  for (unsigned flags = 0; lines >> name >> std::oct >> flags; ++count) EXPECT_EQ(flags & O_NONBLOCK, 0U) << text;
  EXPECT_EQ(count, 4);
}

TEST(stdio_parity, a_socket_accepted_by_the_parent_may_be_a_child_s_output) {
  const auto path = std::filesystem::temp_directory_path() / ("brood_parity_" + std::to_string(::getpid()));
  using local = asio::local::stream_protocol;
  loop io;
  local::acceptor acceptor(io, local::endpoint(path.string()));
  local::socket client(io);
  client.connect(acceptor.local_endpoint());
  local::socket accepted = acceptor.accept();
  std::filesystem::remove(path);
  auto child = brood::spawn(io, "echo", {"to the client"}, {.out = stdio::descriptor(accepted.native_handle())});
  accepted.close();
  std::string text;
  asio::async_read(client, asio::dynamic_buffer(text), [](brood::error_code ec, std::size_t) {
    EXPECT_EQ(ec, asio::error::eof) << "the child was the last to hold it";
  });
  io.run();
  EXPECT_EQ(text, "to the client\n");
}

TEST(stdio_parity, the_channel_takes_the_first_number_that_is_free) {
  loop io;
  auto child = brood::fork(io, actor("node_child.js"), {}, {.more = {stdio::pipe, stdio::ignore}});
  std::int64_t echoed = 0;
  child.messages.on([&](const brood::message& m) {
    echoed = m.body.at("echo").as_int64();
    child.disconnect();
  });
  child.send(5);
  io.run();
  EXPECT_EQ(echoed, 5);
}

TEST(stdio_parity, a_forked_child_may_have_a_mixture) {
  loop io;
  auto child = brood::fork(
      io, "sh",
      {"-c",
       "echo $NODE_CHANNEL_FD; read line <&4; echo \"got $line\" >&4; "
       "read message <&5; echo \"$message\" >&5"},
      {.in = stdio::ignore, .out = stdio::pipe, .err = stdio::ignore, .more = {stdio::ignore, stdio::pipe}});
  asio::local::stream_protocol::socket extra(io, asio::local::stream_protocol(), child.release_stdio(4).release());
  asio::write(extra, asio::buffer("this\n", 5));
  std::string text;
  std::string answer;
  boost::json::value echoed;
  child.out().on_data([&](std::string_view data) { text += data; });
  asio::async_read(extra, asio::dynamic_buffer(answer), [](brood::error_code, std::size_t) {});
  child.messages.on([&](brood::message m) { echoed = std::move(m.body); });
  child.send({{"some", "message"}});
  io.run();
  EXPECT_EQ(text, "5\n");
  EXPECT_EQ(answer, "got this\n");
  EXPECT_EQ(echoed, boost::json::value({{"some", "message"}}));
}

TEST(stdio_parity, a_forked_child_with_pipes_is_silent_and_has_its_messages) {
  loop io;
  auto child = brood::fork(io, actor("node_child.js"), {}, {.in = stdio::pipe, .out = stdio::pipe, .err = stdio::pipe});
  bool echoed = false;
  child.messages.on([&](const brood::message&) {
    echoed = true;
    child.disconnect();
  });
  child.send("hello");
  EXPECT_EQ(heard(child, io), "");
  EXPECT_TRUE(echoed);
  EXPECT_EQ(*child.closed.value(), exit_status::exited(0));
}

TEST(stdio_parity, descriptors_may_be_swapped) {
  auto [first_read, first] = make_pipe();
  auto [second_read, second] = make_pipe();
  const unique_fd saved_out(::dup(1));
  const unique_fd saved_err(::dup(2));
  ::dup2(first.get(), 1);
  ::dup2(second.get(), 2);
  {
    loop io;
    auto child = brood::spawn(io, "sh", {"-c", "echo o; echo e >&2; echo 3 >&3; echo 4 >&4"},
                              {.out = stdio::descriptor(2),
                               .err = stdio::descriptor(1),
                               .more = {stdio::descriptor(1), stdio::descriptor(2)}});
    io.run();
  }
  ::dup2(saved_out.get(), 1);
  ::dup2(saved_err.get(), 2);
  first.reset();
  second.reset();
  EXPECT_EQ(read_to_end(first_read), "e\n3\n");
  EXPECT_EQ(read_to_end(second_read), "o\n4\n");
}

}  // namespace

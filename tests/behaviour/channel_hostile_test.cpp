#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>

#include "support.hpp"

// What stands at the other end of a channel or a pipe is not always a friend. tests/unit/ipc/channel_test.cpp has the
// bytes; here are the processes.

namespace {

using brood::exit_status;
using brood_test::loop;
namespace asio = boost::asio;

TEST(a_hostile_child, cannot_keep_its_end_from_being_told_by_a_grandchild_that_floods_the_channel) {
  loop io;
  auto child = brood::fork(io, "sh", {"-c", "yes 1 >&3 & read line; exit 3"}, {.in = brood::stdio::pipe});
  bool flooded = false;
  child.messages.on([&](const brood::message&) {
    if (!std::exchange(flooded, true)) child.in().end("go\n");
  });
  io.run();
  ASSERT_TRUE(child.exited.happened());
  EXPECT_EQ(*child.exited.value(), exit_status::exited(3));
  EXPECT_TRUE(child.disconnected.happened());
}

TEST(a_hostile_child, cannot_keep_its_end_from_being_told_by_a_grandchild_that_floods_its_output) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "yes & read line; exit 3"}, {.err = brood::stdio::ignore});
  char some[1000];
  child.out().async_read_some(asio::buffer(some), [&](brood::error_code ec, std::size_t) {
    EXPECT_FALSE(ec);
    child.in().end("go\n");  // the flood is on, and nobody reads on
  });
  bool told = false;
  child.exited.on([&](exit_status status) {
    EXPECT_EQ(status, exit_status::exited(3));
    told = true;
    child.out().close();
  });
  io.run();
  EXPECT_TRUE(told);
  EXPECT_TRUE(child.closed.happened());
}

TEST(a_hostile_child, that_floods_the_channel_does_not_keep_the_loop_from_other_work) {
  loop io;
  auto child = brood::fork(io, "sh", {"-c", "exec yes 1 >&3"});
  std::size_t heard = 0;
  int turns = 0;
  std::function<void()> turn = [&] {
    if (++turns == 5) child.kill(SIGKILL);
    if (turns < 5) asio::post(io, turn);
  };
  child.messages.on([&](const brood::message&) {
    if (++heard == 1) turn();
  });
  io.run();
  EXPECT_EQ(turns, 5);
  EXPECT_EQ(*child.exited.value(), exit_status::killed(SIGKILL));
}

TEST(a_hostile_child, is_stopped_when_nobody_reads_what_it_sends) {
  loop io;
  auto child = brood::fork(io, "sh", {"-c", "exec yes 1 >&3"});
  child.messages.async_next([&](brood::error_code, const std::optional<brood::message>&) {
    for (int i = 0; i < 1000; ++i) io.poll();  // the flood is on
    child.kill(SIGKILL);
  });
  std::size_t kept = 0;
  child.exited.on([&](exit_status) { child.messages.on([&](const brood::message&) { ++kept; }); });
  io.run();
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 1024 + 2 * 512 * 1024U) << "the inbox, and what the socket held";
}

TEST(a_hostile_child, that_closes_only_its_reading_side_is_gone_all_the_same) {
  loop io;
  auto child = brood::fork(io, "python3", {"-c", R"(
import socket, os
s = socket.socket(fileno=3)
s.send(b'"ready"\n')
s.recv(1)
s.shutdown(socket.SHUT_RD)
s.send(b'"half closed"\n')
os.read(0, 1)
)"},
                           {.in = brood::stdio::pipe});
  std::vector<std::string> heard;
  child.messages.on([&](const brood::message& m) {
    heard.emplace_back(m.body.as_string());
    child.send("to nobody");
    if (heard.size() == 2) child.in().end();
  });
  io.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"ready", "half closed"}));
  EXPECT_EQ(*child.exited.value(), exit_status::exited(0));
}

TEST(a_child, that_a_debugger_holds_on_to_still_tells_its_true_end) {
  // A tracer sees the end first, and until it lets go the parent's waitid finds nothing, though the pidfd is ready.
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "read line; exit 7"});
  auto tracer = brood::spawn(io, "python3",
                             {"-c", R"(
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
if libc.ptrace(0x4206, pid, None, None) != 0:  # PTRACE_SEIZE
    sys.exit(77)
print("seized", flush=True)
sys.stdin.readline()
os.waitpid(pid, 0)
)",
                              std::to_string(child.pid())});
  std::string text;
  bool refused = false;
  tracer.out().on_data([&](std::string_view data) {
    text += data;
    if (text == "seized\n") child.in().end("go\n");
  });
  tracer.exited.on([&](exit_status status) {
    refused = status.code() == 77;
    if (refused) child.in().end();
  });
  // The end of its output is the end of the child: from then on its pidfd is ready, and the tracer still holds it.
  int turns = 0;
  std::function<void()> turn = [&] {
    if (++turns == 20) return tracer.in().end("let go\n");
    asio::post(io, turn);
  };
  child.out().on_end([&] { turn(); });
  child.out().on_data([](std::string_view) {});
  io.run();
  if (refused) GTEST_SKIP() << "ptrace is not allowed here";
  EXPECT_EQ(*child.exited.value(), exit_status::exited(7));
}

}  // namespace

// Every way to end a child that has a group reaches the same processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <brood/exec.hpp>
#include <functional>
#include <optional>

#include "support.hpp"
#include "support/temporary_folder.hpp"

namespace {

namespace asio = boost::asio;
using brood::exit_status;
using brood::on_drop;
using brood::stdio;
using brood_test::loop;
using namespace std::chrono_literals;

constexpr auto never = 1h;
const brood::stop_steps by_term{{SIGTERM, never}};

/// A shell, a process that left its session, and one that forked twice besides. All of them hold a pipe, to which each
/// writes a line: the end of the pipe is the end of all three.
class family {
 public:
  explicit family(loop& io) : pipe_(io) {
    const std::string path = folder_.path() / "pipe";
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    pipe_.assign(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    line_ = "exec 3>" + path +
            "; setsid sh -c 'echo here >&3; exec sleep 1000' & "
            "setsid sh -c '(echo here >&3; exec sleep 1000) &'; "
            "echo here >&3; exec sleep 1000";
    read();
  }

  const std::string& line() const noexcept { return line_; }
  /// Calls `f` when all three are there.
  void on_complete(std::function<void()> f) { on_complete_ = std::move(f); }
  bool ended() const noexcept { return ended_; }

 private:
  /// Waits first: a pipe that was not opened for writing yet looks like one at its end.
  void read() {
    pipe_.async_wait(asio::posix::stream_descriptor::wait_read, [this](brood::error_code) {
      std::array<char, 64> text;
      brood::error_code ec;
      const std::size_t size = pipe_.read_some(asio::buffer(text), ec);
      ended_ = ec == asio::error::eof;
      if (ec) return;
      said_ += size;
      if (said_ == 15 && on_complete_) on_complete_();
      read();
    });
  }

  const brood_test::temporary_folder folder_;
  asio::posix::stream_descriptor pipe_;
  std::string line_;
  std::size_t said_ = 0;
  std::function<void()> on_complete_;
  bool ended_ = false;
};

/// Starts a family and calls `end` when it is complete. Returns whether all of it ended.
bool ends_all(brood::spawn_options options, const std::function<void(std::optional<brood::child_process>&)>& end) {
  loop io;
  family all(io);
  options.in = options.out = options.err = stdio::ignore;
  std::optional<brood::child_process> child = brood::spawn(io, brood::shell(all.line()), options);
  all.on_complete([&] { end(child); });
  io.run();
  return all.ended();
}

TEST(a_tree, is_reached_by_kill_tree) {
  EXPECT_TRUE(ends_all({.group = true}, [](auto& child) {
    const auto report = child->kill_tree(SIGTERM);
    EXPECT_GE(report.signalled, 3U) << "a shell in between may be there still";
    EXPECT_TRUE(report.left.empty());
    EXPECT_FALSE(report.incomplete);
  }));
}

TEST(a_tree, is_reached_by_stop) {
  EXPECT_TRUE(ends_all({.group = true}, [](auto& child) { child->stop(by_term); }));
}

TEST(a_tree, is_reached_by_stop_after_the_child_has_ended) {
  EXPECT_TRUE(ends_all({.group = true}, [](auto& child) {
    child->exited.on([&](exit_status) { child->stop(by_term); });
    child->kill(SIGKILL);
  }));
}

TEST(a_tree, is_reached_by_dropping_the_child) {
  EXPECT_TRUE(ends_all({.group = true, .on_drop = on_drop::kill}, [](auto& child) { child.reset(); }));
  EXPECT_TRUE(ends_all({.group = true, .stop = by_term, .on_drop = on_drop::stop}, [](auto& child) { child.reset(); }));
}

TEST(a_tree, is_reached_by_a_time_limit) {
  loop io;
  family all(io);
  auto child = brood::spawn(io, brood::shell(all.line()), {.group = true, .timeout = 300ms, .stop = by_term});
  io.run();
  EXPECT_TRUE(all.ended());
  EXPECT_TRUE(child.timed_out());
}

TEST(a_tree, is_reached_by_the_time_limit_of_exec) {
  loop io;
  family all(io);
  auto run = brood::exec(io, all.line(), {.group = true, .timeout = 300ms, .stop = by_term});
  io.run();
  EXPECT_TRUE(all.ended());
}

TEST(a_tree, is_reached_by_cancellation) {
  // SIGINT, which `total` sends, is ignored by what a shell starts with `&`.
  for (const auto type :
       {asio::cancellation_type::partial, asio::cancellation_type::terminal, asio::cancellation_type::all}) {
    loop io;
    family all(io);
    asio::cancellation_signal cancel;
    auto run = brood::exec(io, all.line(), {.group = true, .stop = by_term});
    run.async_result(asio::bind_cancellation_slot(cancel.slot(), [](brood::error_code, const brood::exec_result&) {}));
    all.on_complete([&] { cancel.emit(type); });
    io.run();
    EXPECT_TRUE(all.ended());
  }
}

TEST(a_tree, that_has_ended_ends_the_steps_of_stop) {
  loop io;
  // The child ends first; the process that it leaves behind is told by that, and ends by itself.
  auto child = brood::spawn(io, brood::shell("(trap '' TERM; echo here; read word) <&3 & exec tail -f /dev/null"),
                            {.more = {stdio::pipe}, .group = true});
  auto line = std::make_optional(child.release_stdio(3));
  child.out().on_data([&](std::string_view) { child.stop({{SIGTERM, never}, {SIGKILL, 0ms}}); });
  child.exited.on([&](exit_status) { line.reset(); });
  io.run();
  EXPECT_TRUE(child.closed.happened());
}

TEST(a_tree, ends_with_its_child_if_asked_to) {
  loop io;
  auto child = brood::spawn(io, brood::shell("setsid sleep 1000 & exit 3"), {.tree = true});
  bool ended = false;
  child.out().on_data([](std::string_view) {});
  child.out().on_end([&] { ended = true; });
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(child.exit_status(), exit_status::exited(3));
}

TEST(a_tree, ends_with_the_command_of_exec_if_asked_to) {
  loop io;
  family all(io);
  auto run = brood::exec(io, all.line() + " & wait", {.tree = true});
  all.on_complete([&] { run.child().kill(SIGTERM); });
  io.run();
  EXPECT_TRUE(all.ended());
}

TEST(a_tree, survives_its_child_otherwise) {
  loop io;
  auto child = brood::spawn(io, brood::shell("tail -f /dev/null & exit 3"), {.group = true});
  bool closed = false;
  child.closed.on([&](exit_status) { closed = true; });
  child.exited.on([&](exit_status) {
    EXPECT_FALSE(closed);
    EXPECT_EQ(child.kill_tree().signalled, 1U);
  });
  io.run();
  EXPECT_TRUE(closed);
}

}  // namespace

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <brood/exec.hpp>

#include "support.hpp"

namespace {

using brood::exit_status;
using brood::on_drop;
using brood_test::loop;
using namespace std::chrono_literals;

/// A child that says it is there and then waits for ever, dropped by then; how it ended.
exit_status end_of_dropped(const std::string& line, const brood::spawn_options& options) {
  loop io;
  std::optional<exit_status> end;
  auto child = std::make_unique<brood::child_process>(brood::spawn(io, brood::shell(line), options));
  child->exited.async_wait([&](brood::error_code, exit_status status) { end = status; });
  child->out().on_data([&](std::string_view) { child.reset(); });
  io.run();
  return end.value_or(exit_status());
}

TEST(dropping_a_child, kills_it_where_asked_to) {
  EXPECT_EQ(end_of_dropped("echo there; exec tail -f /dev/null >/dev/null", {.on_drop = on_drop::kill}),
            exit_status::killed(SIGKILL));
}

TEST(dropping_a_child, stops_it_by_its_steps_where_asked_to) {
  EXPECT_EQ(end_of_dropped("echo there; exec tail -f /dev/null >/dev/null", {.on_drop = on_drop::stop}),
            exit_status::killed(SIGTERM));
  EXPECT_EQ(end_of_dropped("trap '' TERM; echo there; exec tail -f /dev/null >/dev/null",
                           {.stop = {{SIGTERM, 20ms}, {SIGKILL, 0ms}}, .on_drop = on_drop::stop}),
            exit_status::killed(SIGKILL));
}

TEST(dropping_a_child, kills_all_of_its_group) {
  loop io;
  auto child = std::make_unique<brood::child_process>(
      brood::spawn(io, brood::shell("tail -f /dev/null >/dev/null & echo there; wait"),
                   {.more = {brood::stdio::pipe}, .group = true, .on_drop = on_drop::kill}));
  const auto held_by_both = child->release_stdio(3);
  child->out().on_data([&](std::string_view) { child.reset(); });
  io.run();
  char byte = 0;
  EXPECT_EQ(::read(held_by_both.get(), &byte, 1), 0) << "the grandchild has ended, too";
}

TEST(dropping_a_child, leaves_it_running_otherwise) {
  loop io;
  std::optional<exit_status> end;
  {
    auto child = brood::spawn(io, brood::shell("read word; exit 7"), {.in = brood::stdio::read("/dev/null")});
    child.exited.async_wait([&](brood::error_code, exit_status status) { end = status; });
  }
  io.run();
  EXPECT_EQ(end, exit_status::exited(7));
}

TEST(dropping_a_child, that_was_moved_from_does_nothing) {
  loop io;
  auto first = brood::spawn(io, "cat", {}, {.on_drop = on_drop::kill});
  {
    auto second = std::move(first);
    first = std::move(second);
  }
  first.in().end();
  io.run();
  EXPECT_EQ(first.exit_status(), exit_status::exited(0));
}

TEST(dropping_a_child, by_assigning_another_counts_too) {
  loop io;
  auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.on_drop = on_drop::kill});
  std::optional<exit_status> end;
  child.exited.async_wait([&](brood::error_code, exit_status status) { end = status; });
  child = brood::spawn(io, "true");
  io.run();
  EXPECT_EQ(end, exit_status::killed(SIGKILL));
}

TEST(dropping_a_run, ends_the_command_where_asked_to) {
  loop io;
  std::optional<exit_status> end;
  {
    auto run = brood::exec_file(io, "tail", {"-f", "/dev/null"}, {.on_drop = on_drop::kill});
    run.child().exited.async_wait([&](brood::error_code, exit_status status) { end = status; });
  }
  io.run();
  EXPECT_EQ(end, exit_status::killed(SIGKILL));
}

TEST(dropping_a_run, does_not_concern_the_form_with_a_callback) {
  loop io;
  exit_status end;
  brood::exec(io, "echo on", {.on_drop = on_drop::kill},
              [&](brood::error_code, const brood::exec_result& result) { end = result.status; });
  io.run();
  EXPECT_EQ(end, exit_status::exited(0));
}

TEST(dropping_a_child, ends_its_listeners) {
  loop io;
  bool exited = false;
  int called = 0;
  {
    auto child =
        brood::fork(io, "sh", {"-c", "echo out; echo 1 >&3"}, {.in = brood::stdio::pipe, .out = brood::stdio::pipe});
    child.exited.async_wait([&](brood::error_code, exit_status) { exited = true; });
    child.exited.on([&](exit_status) { ++called; });
    child.closed.on([&](exit_status) { ++called; });
    child.disconnected.on([&](brood::error_code) { ++called; });
    child.messages.on([&](const brood::message&) { ++called; });
    child.out().on_data([&](std::string_view) { ++called; });
    child.out().on_end([&] { ++called; });
    child.in().closed.on([&](brood::error_code) { ++called; });
  }
  io.run();
  EXPECT_TRUE(exited) << "what was awaited still completes";
  EXPECT_EQ(called, 0);
}

TEST(dropping_a_child, inside_one_listener_ends_the_next_one) {
  loop io;
  std::optional<brood::child_process> child(brood::spawn(io, "true"));
  child->exited.on([&](exit_status) { child.reset(); });
  bool called = false;
  child->exited.on([&](exit_status) { called = true; });
  io.run();
  EXPECT_FALSE(called);
}

TEST(detaching_a_child, keeps_its_listeners_and_its_pipes) {
  loop io;
  std::string text;
  std::optional<exit_status> end;
  {
    auto child = brood::spawn(io, brood::shell("read word; echo $word; exit 3"), {.on_drop = on_drop::kill});
    child.out().on_data([&](std::string_view data) { text += data; });
    child.exited.on([&](exit_status status) { end = status; });
    child.in().write("here\n");
    std::move(child).detach();
  }
  io.run();
  EXPECT_EQ(text, "here\n");
  EXPECT_EQ(end, exit_status::exited(3));
}

}  // namespace

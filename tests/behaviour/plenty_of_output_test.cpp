#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <brood/child_process.hpp>

#include "support.hpp"
#include "support/pattern.hpp"

// A child that fills its pipe: what it writes goes through a pipe of the parent's on its way.
namespace {

using brood::exit_status;
using brood_test::loop;

constexpr std::size_t default_pipe = 64 * 1024;
constexpr std::size_t large_pipe = 1024 * 1024;

/// A child that fills the usual pipe and then writes `more`; not read before its pipe is full.
struct filler {
  brood::child_process child;
  std::size_t came = 0;
  int pieces = 0;

  filler(loop& io, std::size_t more)
      : child(brood::spawn(io, "sh",
                           {"-c", "head -c " + std::to_string(default_pipe) + " /dev/zero; echo full >&2; head -c " +
                                      std::to_string(more) + " /dev/zero"})) {
    child.out().on_data([this](std::string_view data) {
      came += data.size();
      ++pieces;
    });
    child.out().pause();
    child.err().on_data([this](std::string_view) { child.out().resume(); });
  }
};

TEST(plenty_of_output, comes_whole_and_in_order_however_often_it_is_paused) {
  constexpr std::uint64_t bytes = 16 << 20;
  loop io;
  auto child = brood::spawn(io, brood_test::actor("pump"), {std::to_string(bytes)},
                            {.in = brood::stdio::ignore, .err = brood::stdio::ignore});
  brood_test::pattern_check out(1);
  child.out().on_data([&](std::string_view data) {
    out.take(data);
    child.out().pause();
    boost::asio::post(io, [&] { child.out().resume(); });
  });
  io.run();
  EXPECT_TRUE(child.closed.happened());
  EXPECT_TRUE(out.right());
  EXPECT_EQ(out.size(), bytes);
}

TEST(plenty_of_output, that_is_paused_in_the_middle_comes_before_closed) {
  loop io;
  filler one(io, large_pipe);
  auto& out = one.child.out();
  out.on_data([&](std::string_view) {
    if (one.pieces == 3) out.pause();
  });
  io.run();
  EXPECT_TRUE(one.child.exited.happened());
  EXPECT_FALSE(one.child.closed.happened());
  EXPECT_FALSE(out.ended.happened());
  EXPECT_EQ(one.pieces, 3);
  out.resume();
  io.restart();
  io.run();
  EXPECT_TRUE(out.ended.happened());
  EXPECT_TRUE(one.child.closed.happened());
  EXPECT_EQ(one.came, default_pipe + large_pipe);
}

TEST(plenty_of_output, waits_while_it_is_paused) {
  loop io;
  filler one(io, 64 * large_pipe);
  auto& out = one.child.out();
  bool waits = true;
  out.on_data([&](std::string_view) {
    if (waits && one.came > 2 * large_pipe) out.pause();
  });
  while (one.came <= 2 * large_pipe) io.run_one();
  io.poll();
  EXPECT_LE(one.came, 2 * large_pipe + default_pipe);
  EXPECT_FALSE(one.child.exited.happened());
  waits = false;
  out.resume();
  io.run();
  EXPECT_EQ(one.came, default_pipe + 64 * large_pipe);
}

TEST(plenty_of_output, leaves_no_descriptors_behind) {
  loop io;
  auto first = brood::spawn(io, "true");
  io.run();
  const std::size_t before = brood_test::open_descriptors();
  std::size_t most = 0;
  filler read(io, 8 * large_pipe);
  read.child.out().on_data([&](std::string_view) { most = std::max(most, brood_test::open_descriptors()); });
  const std::size_t started = brood_test::open_descriptors();
  io.restart();
  io.run();
  EXPECT_TRUE(read.child.closed.happened());
  EXPECT_EQ(most, started + 2);
  EXPECT_EQ(brood_test::open_descriptors(), before);

  filler closed(io, 8 * large_pipe);
  closed.child.out().on_data([&](std::string_view) {
    if (closed.pieces == 3) closed.child.out().close();  // and with it what was moved aside
  });
  io.restart();
  io.run();
  EXPECT_TRUE(closed.child.closed.happened());
  EXPECT_EQ(closed.pieces, 3);
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

}  // namespace

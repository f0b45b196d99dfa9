#include <gtest/gtest.h>

#include <brood/child_process.hpp>

#include "support.hpp"

// What becomes of input that no child will read.
namespace {

using brood_test::loop;
namespace asio = boost::asio;

const std::string more_than_a_pipe_holds(300000, 'x');

TEST(input_that_waits, is_told_to_be_lost_when_the_child_ends_without_reading) {
  for (int i = 0; i < 10; ++i) {  // the end of the child and that of the pipe come in either order
    loop io;
    auto child = brood::spawn(io, "true");
    child.in().write(more_than_a_pipe_holds);
    brood::error_code drained;
    child.in().async_drained([&](brood::error_code ec) { drained = ec; });
    io.run();
    EXPECT_EQ(drained, asio::error::broken_pipe);
    EXPECT_EQ(*child.in().closed.value(), asio::error::broken_pipe);
  }
}

TEST(input_that_waits, is_told_to_be_lost_when_the_program_closes_the_stream) {
  loop io;
  auto child = brood::spawn(io, "cat", {}, {.out = brood::stdio::ignore});
  child.kill(SIGSTOP);
  child.in().write(more_than_a_pipe_holds + more_than_a_pipe_holds);
  brood::error_code drained;
  child.in().async_drained([&](brood::error_code ec) { drained = ec; });
  child.in().close();
  child.kill(SIGKILL);
  io.run();
  EXPECT_EQ(drained, asio::error::operation_aborted);
  EXPECT_FALSE(*child.in().closed.value());
}

TEST(input, that_nobody_waits_for_is_closed_without_an_error_when_the_child_ends) {
  loop io;
  auto child = brood::spawn(io, "true");
  io.run();
  ASSERT_TRUE(child.in().closed.happened());
  EXPECT_FALSE(*child.in().closed.value());
}

}  // namespace

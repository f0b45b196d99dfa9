#include "loop/descriptor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <future>
#include <memory>
#include <thread>

namespace {

using boost::system::error_code;
using brood::detail::loop::descriptor;
namespace asio = boost::asio;

/// The reading end of a pipe that has something to read.
std::unique_ptr<descriptor> readable_pipe(const asio::any_io_executor& ex) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  ::close(ends[1]);
  return std::make_unique<descriptor>(ex, brood::unique_fd(ends[0]));
}

/// Waits for two descriptors that are ready. The first handler ends the other's wait by `end`. Returns what the other
/// handler was called with.
///
/// 1. One thread is inside the strand. 2. Another one finds both descriptors ready: both handlers are queued in the
/// strand, with success. 3. The strand goes on.
template <class End>
error_code of_the_other_wait(End end) {
  asio::io_context io{2};
  const auto strand = asio::make_strand(io);
  std::promise<void> inside;
  std::promise<void> both_are_ready;
  asio::post(strand, [&] {
    inside.set_value();
    both_are_ready.get_future().wait();
  });
  std::jthread other_thread([&] { io.run(); });
  inside.get_future().wait();

  const std::array both{readable_pipe(strand), readable_pipe(strand)};
  int called = 0;
  error_code last;
  for (std::size_t i = 0; i < both.size(); ++i) {
    both[i]->wait(descriptor::wait_type::wait_read, [&, i](error_code ec) {
      last = ec;
      if (++called == 1) end(*both[1 - i]);
    });
  }
  for (std::size_t completed = 0; completed < both.size();) completed += io.poll();
  both_are_ready.set_value();
  other_thread.join();
  EXPECT_EQ(called, 2);
  return last;
}

TEST(a_wait_for_a_descriptor, is_aborted_if_it_was_ended_after_the_descriptor_became_ready) {
  EXPECT_EQ(of_the_other_wait([](descriptor& other) { other.close(); }), error_code(asio::error::operation_aborted));
  EXPECT_EQ(of_the_other_wait([](descriptor& other) { other.cancel(); }), error_code(asio::error::operation_aborted));
  EXPECT_EQ(of_the_other_wait([](descriptor& other) { other.release(); }), error_code(asio::error::operation_aborted));
  EXPECT_EQ(of_the_other_wait([](descriptor&) {}), error_code());
}

}  // namespace

#include <cerrno>

#include "sys/faults.hpp"
#include "unit/ipc/channel_peer.hpp"

// The Nth system call of two brood peers that send each other messages and sockets fails, for every N until all pass.

namespace {

using namespace channel_testing;
using brood::sys::fault_struck;
using brood::sys::plant_fault;

constexpr int count = 5;

/// Whether all arrived; where not, both sides have heard that their channel is closed.
bool exchange() {
  asio::io_context io{1};
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  listener parent(io, ends[0]);
  listener child(io, ends[1]);
  child.link->greet();
  for (int n = 0; n < count; ++n) {
    for (auto* side : {&parent, &child}) {
      side->link->send(n);
      side->link->send("handle", attachment(attachment::kind::native, pipe_with(std::to_string(n))));
    }
  }
  const auto complete = [](const listener& side) { return side.heard.size() == 2 * count; };
  while (!(complete(parent) && complete(child)) && !parent.closed && !child.closed) io.run_one();
  const bool arrived = complete(parent) && complete(child);
  parent.link->disconnect();
  child.link->disconnect();
  io.run();
  EXPECT_TRUE(parent.closed);
  EXPECT_TRUE(child.closed);
  for (std::size_t n = 0; arrived && n < count; ++n) EXPECT_EQ(content_of(child.handles[n]), std::to_string(n));
  return arrived;
}

/// What it says of each call that fails.
template <class Verdict>
void fail_each(int error, Verdict verdict) {
  const auto before = open_descriptors();
  bool struck = true;
  int calls = 0;
  for (; struck; ++calls) {
    plant_fault(calls + 1, error);
    verdict(exchange(), calls + 1);
    struck = fault_struck();
    plant_fault(0, 0);
    ASSERT_EQ(open_descriptors(), before) << "call " << calls + 1;
  }
  EXPECT_GT(calls, 20) << "the calls go through the seam";
}

TEST(a_channel, loses_nothing_where_the_kernel_has_no_room_for_now) {
  fail_each(EAGAIN, [&](bool arrived, int call) {
    // The first calls make the descriptors non-blocking, which cannot fail so.
    EXPECT_TRUE(arrived || call <= 2) << "call " << call;
  });
}

TEST(a_channel, is_closed_or_whole_whatever_fails) {
  for (const int error : {ENOMEM, ENOBUFS, EBADF, EPIPE, ECONNRESET, ETOOMANYREFS}) {
    fail_each(error, [](bool, int) {});
  }
}

TEST(a_channel, closes_after_a_send_that_failed_and_not_inside_of_it) {
  asio::io_context io{1};
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const unique_fd peer(ends[1]);
  listener near(io, ends[0]);
  io.poll();
  plant_fault(1, EBADF);
  near.link->send(json::string(100'000, 'x'));  // so much that it begins to leave at once
  EXPECT_TRUE(fault_struck());
  plant_fault(0, 0);
  EXPECT_FALSE(near.closed);
  io.run();
  EXPECT_EQ(near.reason, error_code(EBADF, boost::system::system_category()));
}

}  // namespace

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/faults.hpp"
#include "unit/ipc/channel_peer.hpp"

// The Nth system call of two brood peers that send each other messages and sockets fails, for every N until all pass.

namespace {

using namespace channel_testing;
using brood::detail::sys::fault_struck;
using brood::detail::sys::plant_fault;

constexpr int message_count = 5;

/// Two brood peers.
struct two_sides {
  asio::io_context io{1};
  std::array<int, 2> ends = pair();
  listener parent{io, ends[0]};
  listener child{io, ends[1]};

  two_sides() { child.link->greet(); }

  static std::array<int, 2> pair() {
    std::array<int, 2> made{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.data()), 0);
    return made;
  }

  /// Whether so many arrived on both; where not, both have heard that their channel is closed.
  bool run_until_heard(std::size_t messages) {
    const auto complete = [&] { return std::min(parent.heard.size(), child.heard.size()) >= messages; };
    while (!complete() && !parent.closed && !child.closed) io.run_one();
    const bool arrived = complete();
    parent.link->disconnect();
    child.link->disconnect();
    io.run();
    EXPECT_TRUE(parent.closed);
    EXPECT_TRUE(child.closed);
    return arrived;
  }
};

bool exchange() {
  two_sides both;
  for (int n = 0; n < message_count; ++n) {
    for (auto* side : {&both.parent, &both.child}) {
      side->link->send(n);
      side->link->send("handle", attachment(attachment::kind::native, pipe_with(std::to_string(n))));
    }
  }
  const bool arrived = both.run_until_heard(2 * message_count);
  for (std::size_t n = 0; arrived && n < message_count; ++n)
    EXPECT_EQ(content_of(both.child.handles[n]), std::to_string(n));
  return arrived;
}

/// Large messages: all go through memory, but for the first.
bool exchange_large() {
  two_sides both;
  const json::string text(300'000, 'x');
  for (auto* side : {&both.parent, &both.child}) {
    side->on_message = [side, &text] {
      if (side->heard.size() < message_count) side->link->send(text);
    };
    side->link->send(text);
  }
  const bool arrived = both.run_until_heard(message_count);
  for (const auto& heard : both.parent.heard) EXPECT_EQ(heard.size(), 300'002U);
  return arrived;
}

/// What it says of each call that fails.
template <class Verdict>
void fail_each(int error, Verdict verdict, bool (*exchange)() = exchange) {
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

/// Without those that only a peer brings which has gone, and whose end is then there to be read.
TEST(a_channel, is_closed_or_whole_whatever_fails_beside_large_messages) {
  for (const int error : {ENOMEM, ENOBUFS, EBADF, ETOOMANYREFS}) {
    fail_each(
        error, [](bool, int) {}, exchange_large);
  }
}

TEST(a_channel, does_without_memory_for_large_messages_where_there_is_none_to_be_had) {
  int lost = 0;
  fail_each(
      EAGAIN, [&](bool arrived, int) { lost += arrived ? 0 : 1; }, exchange_large);
  EXPECT_EQ(lost, 2) << "the two that make the descriptors non-blocking";
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

#include <sys/resource.h>

#include "channel_peer.hpp"
#include "support/apart.hpp"
#include "sys/calls.hpp"

// What two brood programs do on their channel that Node would not understand.

namespace {

using namespace channel_testing;

const std::string greeting = "{\"cmd\":\"NODE_BROOD\"}\n";
const std::string accepted = "{\"cmd\":\"NODE_HANDLE_ACK\"}\n";

std::string frame_of(int n) { return R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":)" + std::to_string(n) + "}\n"; }

attachment pipe_as_handle(std::string_view text) { return {attachment::kind::native, pipe_with(text)}; }

TEST_F(channel_with_a_raw_peer, tells_a_brood_parent_what_it_is_and_waits_for_no_acknowledgement) {
  near.link->greet();
  std::string expected = greeting;
  for (int n = 0; n < 5; ++n) {
    near.link->send(n, pipe_as_handle("x"));
    near.link->send(n + 100);
    expected += frame_of(n) + std::to_string(n + 100) + '\n';
  }
  turn();
  EXPECT_EQ(peer.read(), expected);
  EXPECT_EQ(peer.descriptors, 5);
}

TEST_F(channel_with_a_raw_peer, waits_for_acknowledgements_until_the_child_has_said_what_it_is) {
  near.link->send(1, pipe_as_handle("x"));
  near.link->send(2, pipe_as_handle("x"));
  near.link->send(3, pipe_as_handle("x"));
  turn();
  EXPECT_EQ(peer.read(), frame_of(1));
  peer.write(greeting);
  turn();
  EXPECT_EQ(peer.read(), frame_of(2) + frame_of(3));
  peer.write(accepted + accepted + accepted);
  turn();
  EXPECT_FALSE(near.closed);
  EXPECT_TRUE(near.heard.empty()) << "that is between the two channels";
}

TEST_F(channel_with_a_raw_peer, has_no_more_descriptors_under_way_than_a_receiver_keeps) {
  near.link->greet();
  for (int n = 0; n < 100; ++n) near.link->send(n, pipe_as_handle("x"));
  turn();
  peer.read();
  EXPECT_EQ(peer.descriptors, 64);
  peer.write(accepted + accepted);
  turn();
  peer.read();
  EXPECT_EQ(peer.descriptors, 66);
}

TEST_F(channel_with_a_raw_peer, closes_with_its_descriptors_when_a_brood_peer_dies_before_it_has_taken_them) {
  near.link->greet();
  const auto open = open_descriptors();
  for (int n = 0; n < 100; ++n) near.link->send(n, pipe_as_handle("x"));
  turn();
  peer.close();
  turn();
  EXPECT_TRUE(near.closed);
  EXPECT_EQ(open_descriptors(), open - 2) << "the two ends of the channel";
}

/// So few descriptors that just `more` can be opened beside those that are.
class few_descriptors {
 public:
  explicit few_descriptors(std::size_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The lowest numbers are taken first, so the limit counts only where there are no gaps below it.
    std::vector<unique_fd> probes;
    for (std::size_t i = 0; i < more; ++i) probes.emplace_back(::dup(0));
    const rlimit few{static_cast<rlim_t>(probes.back().get()) + 1, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(two_brood_channels, lose_no_descriptor_and_mistake_none_while_the_receiver_has_no_room) {
  if (brood_test::needs_descriptors_itself()) GTEST_SKIP() << "UBSan looks at memory through a pipe of its own";
  const auto before = open_descriptors();
  {
    asio::io_context io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    listener parent(io, ends[0]);
    listener child(io, ends[1]);
    child.link->greet();
    io.poll();
    constexpr int count = 40;
    for (int n = 0; n < count; ++n) {
      parent.link->send(n, pipe_as_handle(std::to_string(n)));
      parent.link->send("plain");
    }
    {
      const few_descriptors limit(7);
      const auto plain = [&] { return std::count(child.heard.begin(), child.heard.end(), "\"plain\""); };
      while (plain() < count) io.run_one();
      EXPECT_GE(child.handles.size(), 7U);  // what one has taken, the other closes: there is room for more
      EXPECT_LT(child.handles.size(), count);
    }
    while (child.handles.size() < count) io.run_one();
    std::vector<std::string> contents;
    for (const auto& handle : child.handles) contents.push_back(content_of(handle));
    std::vector<std::string> numbers;
    for (const auto& text : child.heard) {
      if (text != "\"plain\"") numbers.push_back(text);
    }
    EXPECT_EQ(contents, numbers) << "each message has its own";
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(std::unique(numbers.begin(), numbers.end()) - numbers.begin(), count);
    parent.link->disconnect();
    while (!parent.closed || !child.closed) io.run_one();
  }
  EXPECT_EQ(open_descriptors(), before);
}

/// More descriptors than this user may have in flight: ETOOMANYREFS (unix(7)), with the socket writable all the time.
std::string outgrow_what_may_be_in_flight() {
  brood_test::become_stranger();
  asio::io_context io{1};
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "no socket pair";
  listener parent(io, ends[0]);
  listener child(io, ends[1]);
  child.link->greet();
  io.poll();
  constexpr int count = 60;
  for (int n = 0; n < count; ++n) parent.link->send(n, pipe_as_handle("x"));
  rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit few{20, usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  child.link->pause();
  int turns = 0;
  while (io.poll_one() != 0) ++turns;
  const int in_flight = static_cast<int>(brood::detail::sys::readable_now(ends[1])) / 50;
  child.link->resume();
  ::setrlimit(RLIMIT_NOFILE, &usual);
  while (child.handles.size() < count) io.run_one();
  return turns < 100 && in_flight < count ? "waited, and lost none" : "turned " + std::to_string(turns);
}

TEST(two_brood_channels, wait_while_more_descriptors_are_in_flight_than_may_be) {
  if (brood_test::needs_descriptors_itself()) GTEST_SKIP() << "UBSan looks at memory through a pipe of its own";
  EXPECT_EQ(brood_test::apart(outgrow_what_may_be_in_flight), "waited, and lost none");
}

TEST_F(channel_with_a_raw_peer, tells_node_how_many_of_its_sockets_are_open) {
  const unique_fd fd = pipe_with("x");
  const std::string arrival = R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":1,"key":"4:127.0.0.1:0"})";
  for (int i = 0; i < 3; ++i) peer.write(arrival + "\n", {fd.get()});
  turn();
  peer.read();
  const std::string question = R"({"cmd":"NODE_SOCKET_GET_COUNT","key":"4:127.0.0.1:0"})";
  peer.write(question + "\n");
  turn();
  EXPECT_EQ(peer.read(), R"({"cmd":"NODE_SOCKET_COUNT","key":"4:127.0.0.1:0","count":3})"
                         "\n");
  near.handles.erase(near.handles.begin());
  peer.write(question + "\n" + R"({"cmd":"NODE_SOCKET_GET_COUNT","key":"unknown"})" + "\n");
  turn();
  EXPECT_EQ(peer.read(), R"({"cmd":"NODE_SOCKET_COUNT","key":"4:127.0.0.1:0","count":2})"
                         "\n");
}

TEST_F(channel_with_a_raw_peer, tells_node_when_the_last_of_its_sockets_is_closed) {
  const unique_fd fd = pipe_with("x");
  peer.write(R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":1,"key":"k"})"
             "\n",
             {fd.get()});
  turn();
  peer.read();
  peer.write(R"({"cmd":"NODE_SOCKET_NOTIFY_CLOSE","key":"k"})"
             "\n");
  turn();
  EXPECT_EQ(peer.read(), "");
  near.handles.clear();
  io.restart();
  while (peer.read() != R"({"cmd":"NODE_SOCKET_ALL_CLOSED","key":"k"})"
                        "\n")
    io.run_one();
  EXPECT_TRUE(near.handles.empty());
}

TEST_F(channel_with_a_raw_peer, keeps_no_more_keys_of_sockets_than_an_honest_peer_has) {
  const auto arrival = [&](const std::string& key) {
    const unique_fd fd = pipe_with("x");
    peer.write(R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":1,"key":")" + key + "\"}\n", {fd.get()});
    turn();
    peer.read();
    near.handles.clear();
  };
  const auto known = [&](const std::string& key) {
    peer.write(R"({"cmd":"NODE_SOCKET_GET_COUNT","key":")" + key + "\"}\n");
    turn();
    return !peer.read().empty();
  };
  arrival(std::string(10'000, 'k'));
  EXPECT_FALSE(known(std::string(10'000, 'k')));
  for (int n = 0; n < 1100; ++n) arrival(std::to_string(n));
  EXPECT_FALSE(known("0")) << "whose sockets are all closed";
  EXPECT_TRUE(known("1099"));
}

}  // namespace

#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "ipc/large_out.hpp"
#include "large_peer.hpp"
#include "support/apart.hpp"

// Large messages to a brood peer, which go through memory that both have mapped.

namespace {

using namespace channel_testing;

TEST_F(a_channel_to_a_brood_peer, writes_large_messages_to_memory_that_the_peer_reads) {
  give_memory();
  reader other(peer.last_descriptor);
  std::vector<std::string> sent;
  for (const std::size_t size : {1UL, 131'000UL, 131'072UL, 131'073UL, 500'000UL, 4'000'000UL, 2UL, 3'000'000UL}) {
    const json::value message{{"text", text_of(size)}, {"size", size}};
    near.link->send(message);
    sent.push_back(json::serialize(message));
    other.read(all_there_is());
  }
  EXPECT_TRUE(other.messages == sent);
  EXPECT_EQ(other.questions, 0U);
  EXPECT_GE(other.parts, 20U);
}

TEST_F(a_channel_to_a_brood_peer, gives_the_memory_back_when_only_small_messages_follow) {
  give_memory();
  const unique_fd fd = std::move(peer.last_descriptor);
  reader other(fd);
  const auto pages = [&] {
    struct stat about {};
    ::fstat(fd.get(), &about);
    return about.st_blocks * 512 / 4096;
  };
  near.link->send(text_of(1'000'000));
  other.read(all_there_is());
  EXPECT_GE(pages(), 244);
  for (int i = 0; i < 100; ++i) {
    near.link->send(i);
    turn();
  }
  EXPECT_LE(pages(), 1);
  near.on_message = [&] { near.link->send("answer"); };
  near.link->send(text_of(2'000'000));
  other.messages.clear();
  other.read(all_there_is());
  ASSERT_EQ(other.messages.size(), 101U);
  EXPECT_TRUE(other.messages.back() == json::serialize(text_of(2'000'000)));
  for (int i = 0; i < 100; ++i) {
    peer.write("1\n");
    turn();
  }
  EXPECT_LE(pages(), 1) << "where all that is sent is answers, too";
}

TEST_F(a_channel_with_memory, never_writes_beyond_its_memory_whatever_the_peer_says_it_has_read) {
  give_memory();
  reader other(peer.last_descriptor);
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    other.memory().set_read(random() >> random() % 64);
    near.link->send(text_of(300'000 + random() % 3'000'000));
    let_read(other);  // which looks at where each part is
  }
  EXPECT_EQ(other.messages.size(), 50U);
  EXPECT_FALSE(near.closed);
}

TEST_F(a_channel_to_a_brood_peer, does_without_memory_where_the_peer_does_not_take_it) {
  peer.write(greeting);
  turn();
  for (int i = 0; i < 3; ++i) near.link->send(text_of(200'000));
  std::string expected = json::serialize(text_of(200'000)) + "\n";
  expected = expected + memory + expected + expected;
  EXPECT_TRUE(all_there_is() == expected);
  peer.write("{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
  near.link->send(text_of(200'000));
  EXPECT_TRUE(all_there_is() == json::serialize(text_of(200'000)) + "\n");
}

TEST_F(channel_with_a_raw_peer, gives_no_memory_to_a_peer_that_is_not_brood) {
  for (int i = 0; i < 3; ++i) near.link->send(text_of(200'000));
  std::string all;
  for (int i = 0; i < 20; ++i) {
    turn();
    all += peer.read();
  }
  const std::string one = json::serialize(text_of(200'000)) + "\n";
  EXPECT_TRUE(all == one + one + one);
  EXPECT_EQ(peer.descriptors, 0);
}

TEST_F(a_channel_to_a_brood_peer, closes_though_the_peer_has_not_said_that_it_has_the_memory) {
  peer.write(greeting);
  turn();
  near.link->send(text_of(140'000));
  near.link->disconnect();
  all_there_is();
  EXPECT_EQ(peer.descriptors, 1);
  EXPECT_TRUE(near.closed);
  EXPECT_FALSE(near.reason);
}

TEST(a_large_message, does_without_memory_where_files_may_not_be_so_large) {
  const auto in_a_child = [] {
    const rlimit little{.rlim_cur = 1'000'000, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &little);
    brood::detail::ipc::large_out out;
    return out.share() ? "there is some" : "none to be had";
  };
  EXPECT_EQ(brood_test::apart(in_a_child), "none to be had");
}

class two_brood_channels_and_large : public testing::TestWithParam<brood::serialization> {};

TEST_P(two_brood_channels_and_large, messages_in_order_both_ways_at_once) {
  const auto before = open_descriptors();
  {
    asio::io_context io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    listener parent(io, ends[0], {}, GetParam());
    listener child(io, ends[1], {}, GetParam());
    child.link->greet();
    io.poll();
    std::mt19937 random(7);
    std::vector<std::string> sent;
    for (int round = 0; round < 6; ++round) {
      for (int n = 0; n < 4; ++n) {
        const std::size_t size = n == 3 ? random() % 100 : random() % 6'000'000;
        json::value message{{"n", n}, {"text", text_of(size)}, {"list", {1, "two", {{"three", text_of(size / 10)}}}}};
        sent.push_back(json::serialize(message));
        for (auto* side : {&parent, &child}) side->link->send(message);
      }
      while (parent.heard.size() < sent.size() || child.heard.size() < sent.size()) {
        ASSERT_FALSE(parent.closed || child.closed);
        io.run_one();
      }
    }
    EXPECT_TRUE(parent.heard == sent);
    EXPECT_TRUE(child.heard == sent);
    parent.link->disconnect();
    child.link->disconnect();
    io.restart();
    io.run();
    EXPECT_FALSE(parent.reason);
    EXPECT_FALSE(child.reason);
  }
  EXPECT_EQ(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(in, two_brood_channels_and_large,
                         testing::Values(brood::serialization::json, brood::serialization::advanced),
                         [](const auto& tested) {
                           return tested.param == brood::serialization::json ? "json" : "advanced";
                         });

}  // namespace

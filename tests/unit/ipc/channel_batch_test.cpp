#include <algorithm>
#include <random>

#include "large_peer.hpp"

// Many small messages at once between brood peers: their frames go through the memory of the large ones.

namespace {

using namespace channel_testing;

/// So many messages, the texts of which say where each stands.
std::vector<std::string> numbered(int count, std::size_t size) {
  std::vector<std::string> all;
  for (int n = 0; n < count; ++n) {
    std::string text = std::to_string(n);
    text.resize(size, '.');
    all.push_back('"' + text + '"');
  }
  return all;
}

std::string lines(const std::vector<std::string>& messages) {
  std::string all;
  for (const auto& one : messages) all += one + '\n';
  return all;
}

TEST_F(a_channel_with_memory, lets_many_small_messages_go_through_it) {
  give_memory();
  reader other(peer.last_descriptor);
  const auto sent = numbered(20'000, 150);
  for (const auto& one : sent) near.link->send_json(one);
  let_read(other);
  EXPECT_TRUE(other.messages == sent);
  EXPECT_GE(other.batches, 20U);
  EXPECT_EQ(other.parts, 0U);
}

TEST_F(a_channel_with_memory, is_not_troubled_with_few) {
  give_memory();
  reader other(peer.last_descriptor);
  const auto sent = numbered(100, 150);
  for (const auto& one : sent) near.link->send_json(one);
  let_read(other);
  EXPECT_TRUE(other.messages == sent);
  EXPECT_EQ(other.batches, 0U);
}

TEST_F(a_channel_to_a_brood_peer, gives_its_memory_when_many_leave_at_once) {
  peer.write(greeting);
  turn();
  const auto sent = numbered(1000, 150);
  for (const auto& one : sent) near.link->send_json(one);
  std::string all = all_there_is();
  EXPECT_EQ(peer.descriptors, 1);
  const auto at = all.find(memory);
  ASSERT_NE(at, all.npos);
  EXPECT_TRUE(all.erase(at, memory.size()) == lines(sent));
}

/// The socket takes what finds no room: the peer comes to that behind the memory.
TEST_F(a_channel_with_memory, keeps_the_order_where_they_find_no_room_in_it) {
  give_memory();
  reader other(peer.last_descriptor);
  const auto sent = numbered(12'000, 1000);  // three times as much as there is room
  for (const auto& one : sent) near.link->send_json(one);
  let_read(other);
  EXPECT_TRUE(other.messages == sent);
  EXPECT_GE(other.batches, 40U);
  EXPECT_EQ(other.questions, 0U);
}

TEST_F(a_channel_with_memory, never_lets_them_overtake_nor_be_overtaken) {
  give_memory();
  reader other(peer.last_descriptor);
  std::mt19937 random(11);
  std::vector<std::string> sent;
  std::vector<std::size_t> handles_behind;
  for (int i = 0; i < 400; ++i) {
    if (const auto what = random() % 10; what == 0) {
      const std::string text = json::serialize(text_of(random() % 3'000'000));
      near.link->send_json(text);
      sent.push_back(text);
    } else if (what == 1 && handles_behind.size() < 60) {
      handles_behind.push_back(sent.size());
      near.link->send(i, attachment(attachment::kind::native, pipe_with("y")));
    } else if (what == 2) {
      other.read(all_there_is());
      peer.write(std::exchange(other.answers, {}));
    } else {
      for (const auto& one : numbered(static_cast<int>(random() % 400), random() % 1000)) {
        near.link->send_json(one);
        sent.push_back(one);
      }
    }
  }
  let_read(other);
  EXPECT_TRUE(other.messages == sent);
  EXPECT_EQ(other.others_behind, handles_behind);
  EXPECT_GE(other.batches, 20U);
  EXPECT_GE(other.parts, 20U);
}

TEST_F(a_channel_with_memory, tells_that_they_have_left_when_the_peer_was_told_of_them) {
  give_memory();
  bool left = false;
  const auto sent = numbered(1000, 150);
  for (const auto& one : sent) near.link->send_json(one);
  near.link->when_left([&](error_code ec) { left = !ec; });
  turn();
  EXPECT_TRUE(left);
  reader other(peer.last_descriptor);
  other.read(peer.read());
  EXPECT_TRUE(other.messages == sent);
}

TEST_F(a_channel_with_memory, sends_all_before_it_closes) {
  give_memory();
  reader other(peer.last_descriptor);
  const auto sent = numbered(40'000, 150);
  for (const auto& one : sent) near.link->send_json(one);
  near.link->disconnect();
  let_read(other);
  EXPECT_TRUE(near.closed);
  EXPECT_TRUE(other.messages == sent);
}

// ---- what it hears

/// Two parts where they go around the end of the memory, wherever a frame is cut by that.
TEST_F(a_channel_to_a_brood_peer, hears_frames_that_are_in_the_peers_memory) {
  constexpr std::size_t size = 1000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  seen_memory seen(fd);
  const std::string batch = "1\n\"two\"\n[3]\n";
  std::size_t written = 0;
  for (int round = 0; round < 400; ++round) {
    std::string notices = "\"before\"\n";
    for (std::string_view left = batch; !left.empty();) {
      const std::size_t at = written % size;
      const std::size_t now = std::min(left.size(), size - at);
      left.copy(seen.bytes() + at, now);
      left.remove_prefix(now);
      written += now;
      notices += part(at, now, frames);
    }
    near.heard.clear();
    peer.write(notices + "\"behind\"\n");
    turn();
    ASSERT_EQ(near.heard, (std::vector<std::string>{"\"before\"", "1", "\"two\"", "[3]", "\"behind\""})) << round;
    EXPECT_EQ(seen.read(), written);
  }
}

class a_channel_with_a_batch : public a_channel_to_a_brood_peer {
 protected:
  a_channel_with_a_batch() {
    take_memory(fd);
    const std::string all = lines(sent);
    all.copy(seen_memory(fd).bytes(), all.size());
    notice = part(0, all.size(), frames);
  }

  const std::vector<std::string> sent = numbered(500, 150);
  const unique_fd fd = memory_of(100'000);
  std::string notice;
};

TEST_F(a_channel_with_a_batch, goes_on_in_it_where_it_was_paused) {
  near.on_message = [&] {
    if (near.heard.size() % 100 == 7) near.link->pause();
  };
  peer.write(notice + "\"behind\"\n");
  for (int i = 0; i < 5; ++i) {
    turn();
    EXPECT_EQ(near.heard.size(), static_cast<std::size_t>(100 * i + 7));
    near.link->resume();
  }
  turn();
  ASSERT_EQ(near.heard.size(), 501U);
  EXPECT_EQ(near.heard.back(), "\"behind\"");
  near.heard.pop_back();
  EXPECT_TRUE(near.heard == sent);
}

TEST_F(a_channel_with_a_batch, takes_it_in_when_the_peer_has_died_paused_or_not) {
  near.on_message = [&] {
    if (near.heard.size() % 100 == 7) near.link->pause();
  };
  peer.write(notice + "\"behind\"\n");
  turn();
  peer.close();
  near.link->drain_and_close();
  EXPECT_TRUE(near.closed);
  EXPECT_FALSE(near.reason);
  ASSERT_EQ(near.heard.size(), 501U);
}

TEST_F(a_channel_with_a_batch, hears_the_others_though_a_listener_throws) {
  near.on_message = [&] {
    if (near.heard.size() == 7) throw std::runtime_error("seven");
  };
  peer.write(notice);
  io.restart();
  EXPECT_THROW(io.poll(), std::runtime_error);
  turn();
  EXPECT_TRUE(near.heard == sent);
}

/// Or a peer that waits for each before it sends on would wait for the end of much else.
TEST_F(a_channel_with_a_batch, lets_answers_leave_before_the_next) {
  const std::string next = "\"next\"\n";
  next.copy(seen_memory(fd).bytes() + lines(sent).size(), next.size());
  std::string when_heard;
  near.on_message = [&] {
    if (near.heard.size() == 1) near.link->send("answer");
    if (near.heard.size() == 501) when_heard = peer.read();
  };
  peer.write(notice + part(lines(sent).size(), next.size(), frames));
  turn();
  EXPECT_EQ(near.heard.size(), 501U);
  EXPECT_EQ(when_heard, "\"answer\"\n");
}

TEST(a_channel_to_a_hostile_brood_peer, is_closed_by_batches_that_cannot_be) {
  struct attack {
    std::string in_memory;
    std::string told;
    std::size_t heard;
    error_code reason;
  };
  const error_code garbled = brood::errc::protocol_error;
  const std::string spaces(99'999, ' ');
  const std::vector<attack> attacks = {
      {"1\n", part(1, 1, frames), 0, garbled},                                    // not behind the one before
      {"1\n", part(0, 100'001, frames), 0, garbled},                              // beyond the end
      {"1\n2\n", part(0, 2, frames) + part(0, 2, frames), 1, garbled},            // again
      {"1 2\n", part(0, 1) + part(1, 3, frames), 0, garbled},                     // inside a message
      {"no\n", part(0, 3, frames), 0, garbled},                                   // no message
      {part(0, 100'000, frames) + spaces, part(0, 100'000, frames), 0, garbled},  // names itself
      {part(60, 2) + "7\n", part(0, 100, frames), 0, garbled},                    // a part in a batch
      {std::string(30'000, 'x'), part(0, 30'000, frames), 0, brood::errc::message_too_large},
      {std::string(30'000, 'x'), part(0, 9'000, frames) + part(9'000, 9'000, frames), 0,
       brood::errc::message_too_large},
      {"1\n2", part(0, 3, frames) + part(3, 10), 1, garbled},  // a message where a frame has not ended
      {"1\n2", part(0, 3, frames) + "3\n", 2, {}},             // which is still to come
      {"{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":1}\n", part(0, 50, frames), 1, {}},  // without one
  };
  for (const auto& [in_memory, told, heard, reason] : attacks) {
    asio::io_context io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    raw_peer peer(ends[0]);
    listener near(io, ends[1], {.message = 10'000});
    const unique_fd fd = memory_of(100'000);
    const seen_memory seen(fd);
    in_memory.copy(seen.bytes(), std::min(in_memory.size(), seen.size()));
    peer.write(memory, {fd.get()});
    peer.write(told);
    io.poll();
    EXPECT_EQ(near.closed, reason.failed()) << told;
    EXPECT_EQ(near.reason, reason) << told;
    EXPECT_EQ(near.heard.size(), heard) << told;
    near.link->disconnect();
    io.restart();
    io.run();
  }
}

TEST_F(a_channel_to_a_brood_peer, gives_the_loop_to_others_while_it_reads_many_batches) {
  constexpr std::size_t size = 1'000'000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  const seen_memory seen(fd);
  std::memset(seen.bytes(), ' ', size);
  seen.bytes()[size - 2] = '1';
  seen.bytes()[size - 1] = '\n';
  std::string notices;
  for (int i = 0; i < 60; ++i) notices += part(0, size, frames);
  peer.write(notices + "2\n");
  io.restart();
  int turns = 0;
  while ((near.heard.empty() || near.heard.back() != "2") && io.run_one() != 0) ++turns;
  EXPECT_EQ(near.heard.size(), 61U);
  EXPECT_GE(turns, 10);
}

/// So many were never there: the memory holds no more than it holds.
TEST_F(a_channel_with_a_batch, takes_no_more_from_a_dead_peer_than_its_memory_holds) {
  std::string often;
  for (int i = 0; i < 100; ++i) often += part(0, 100'000, frames);
  const seen_memory seen(fd);
  for (std::size_t i = 0; i < seen.size(); ++i) seen.bytes()[i] = i % 2 == 0 ? '1' : '\n';
  peer.write(often);
  peer.close();
  near.link->drain_and_close();
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
  EXPECT_LE(near.heard.size(), seen.size() / 2 + 1);
}

class two_brood_channels_and_many : public testing::TestWithParam<brood::serialization> {};

TEST_P(two_brood_channels_and_many, messages_of_all_sizes_in_order_both_ways_at_once) {
  asio::io_context io{1};
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  listener parent(io, ends[0], {}, GetParam());
  listener child(io, ends[1], {}, GetParam());
  child.link->greet();
  io.poll();
  std::mt19937 random(5);
  std::vector<std::string> sent;
  for (int round = 0; round < 30; ++round) {
    for (int n = 0; n < 1000; ++n) {
      const std::size_t size = n % 500 == 0         ? random() % 300'000
                               : random() % 20 == 0 ? random() % 9000
                                                    : random() % 300;
      const json::value message{{"n", n}, {"text", text_of(size)}};
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
  io.restart();
  io.run();
  EXPECT_TRUE(child.closed);
  EXPECT_FALSE(child.reason);
}

INSTANTIATE_TEST_SUITE_P(in, two_brood_channels_and_many,
                         testing::Values(brood::serialization::json, brood::serialization::advanced),
                         [](const auto& tested) {
                           return tested.param == brood::serialization::json ? "json" : "advanced";
                         });

}  // namespace

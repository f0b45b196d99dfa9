#include "large_peer.hpp"

// Large messages to a brood peer that have to wait: for memory, for room there, for the peer to hear of them.

namespace {

using namespace channel_testing;

TEST_F(a_channel_with_memory, waits_for_room_there) {
  give_memory();
  reader other(peer.last_descriptor);
  std::vector<std::string> sent;
  for (int i = 0; i < 3; ++i) {
    for (const std::size_t size : {3'000'000UL, 3'000'000UL, 3'000'000UL, 100UL, 40'000UL, 9'000'000UL, 5UL}) {
      near.link->send(text_of(size));
      sent.push_back(json::serialize(text_of(size)));
    }
    let_read(other);
  }
  EXPECT_TRUE(other.messages == sent);
  EXPECT_GE(other.questions, 3U);
  near.link->disconnect();
  turn();
  EXPECT_TRUE(near.closed);
}

TEST_F(a_channel_with_memory, sends_text_that_is_complete_through_it) {
  give_memory();
  reader other(peer.last_descriptor);
  const std::string fits = json::serialize(text_of(1'000'000));
  const std::string does_not = json::serialize(text_of(5'000'000));
  for (const auto& text : {fits, does_not, fits}) near.link->send_json(text);
  let_read(other);
  EXPECT_TRUE((other.messages == std::vector{fits, does_not, fits}));
}

/// How much the message holds of a string is known, and told with each part that ends in it.
TEST_F(a_channel_with_memory, says_how_much_of_a_string_is_still_to_come) {
  give_memory();
  reader other(peer.last_descriptor);
  near.link->send(text_of(3'900'000));
  near.link->send(json::array{"short", text_of(9'000'000), text_of(100)});
  other.read(all_there_is());
  other.told.clear();
  peer.write(std::exchange(other.answers, {}));
  other.read(all_there_is());
  ASSERT_FALSE(other.told.empty());
  const std::string whole = json::serialize(json::array{"short", text_of(9'000'000), text_of(100)});
  const std::size_t end = whole.find("\",\"", 100);
  EXPECT_EQ(other.told.front().more, end - other.told.front().so_far);
}

/// Who does not read does not hear that there is room, either. The program may read on only when its message has left.
TEST_F(a_channel_with_memory, finds_room_there_though_it_does_not_read) {
  give_memory();
  reader other(peer.last_descriptor);
  near.link->pause();
  bool left = false;
  near.link->send(text_of(19'000'000));
  near.link->when_left([&](error_code ec) { left = !ec; });
  io.restart();
  while (!left && io.run_one() != 0) {
    other.read(peer.read());
    other.answers.clear();
  }
  other.read(all_there_is());
  EXPECT_TRUE(other.messages == std::vector{json::serialize(text_of(19'000'000))});
}

TEST_F(a_channel_with_memory, does_not_wait_for_it_when_it_does_not_read) {
  for (const bool stopped_first : {true, false}) {
    asio::io_context other_io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    raw_peer other(ends[0]);
    listener side(other_io, ends[1]);
    other.write(greeting);
    other_io.poll();
    if (stopped_first) side.link->pause();
    side.link->send(text_of(2'000'000));
    if (!stopped_first) {
      other_io.restart();
      other_io.poll();
      side.link->pause();
    }
    bool left = false;
    side.link->when_left([&](error_code ec) { left = !ec; });
    std::string all;
    other_io.restart();
    while (!left && other_io.run_one() != 0) all += other.read();
    all += other.read();
    EXPECT_TRUE(all == memory + json::serialize(text_of(2'000'000)) + "\n") << stopped_first;
  }
}

/// It has left when the peer can find it: that it is in the memory is not enough.
TEST_F(a_channel_with_memory, tells_that_a_message_has_left_when_the_peer_was_told_of_it) {
  give_memory();
  seen_memory seen(peer.last_descriptor);
  near.link->send_json("\"" + std::string(seen.size() - 2, 'x') + "\"");  // fills it
  turn();
  std::size_t small = 0;
  while (near.link->send(json::string(1000, 'y'))) {  // fills the socket
    ++small;
    turn();
  }
  bool left = false;
  near.link->send(text_of(200'000));
  near.link->when_left([&](error_code) { left = true; });
  seen.set_read(seen.size());
  turn();
  EXPECT_FALSE(left);
  EXPECT_GT(small, 100U);
  std::string all;
  while (!left) {
    turn();
    all += peer.read();
  }
  EXPECT_NE(all.find(R"("last":true)", all.rfind("yyy")), std::string::npos);
}

TEST_F(a_channel_with_memory, lets_the_first_message_wait_for_it_where_that_is_worth_it) {
  peer.write(greeting);
  turn();
  near.link->send(1);
  near.link->send(text_of(6'000'000));
  near.link->send(2);
  EXPECT_EQ(all_there_is(), "1\n" + memory);
  peer.write(accepted + mapped);
  reader other(peer.last_descriptor);
  let_read(other);
  EXPECT_TRUE((other.messages == std::vector<std::string>{json::serialize(text_of(6'000'000)), "2"}));
}

TEST_F(a_channel_with_memory, lets_it_go_as_it_is_where_the_peer_does_without) {
  const std::string text = json::serialize(text_of(2'000'000)) + "\n";
  const std::string refused = "{\"cmd\":\"NODE_HANDLE_NACK\"}\n";
  for (const auto& answer : {accepted + unmapped, refused}) {
    asio::io_context other_io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    raw_peer other(ends[0]);
    listener side(other_io, ends[1]);
    const auto all_of_it = [&] {
      std::string all;
      for (std::string some = "?"; !some.empty(); all += some) {
        other_io.restart();
        other_io.poll();
        some = other.read();
      }
      return all;
    };
    other.write(greeting);
    all_of_it();
    side.link->send(text_of(2'000'000));
    side.link->send(text_of(2'000'000));
    side.link->send("behind");
    EXPECT_EQ(all_of_it(), memory);
    std::string all;
    for (int attempts = 0; attempts < 5 && all.size() < 100; ++attempts) {
      other.write(answer);
      all = all_of_it();
    }
    EXPECT_TRUE(all == text + text + "\"behind\"\n") << answer;
    side.link->send(text_of(2'000'000));
    EXPECT_TRUE(all_of_it() == text) << "and does not ask again";
    side.link->disconnect();
    other_io.restart();
    other_io.run();
    EXPECT_FALSE(side.reason);
  }
}

TEST_F(a_channel_with_memory, lets_acknowledgements_pass_what_waits_for_room) {
  give_memory();
  reader other(peer.last_descriptor);
  const unique_fd fd = pipe_with("x");
  const std::string arrival = R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":1})";
  near.on_message = [&] {
    if (near.heard.size() == 1) near.link->send(text_of(9'000'000));
  };
  peer.write(arrival + "\n", {fd.get()});
  peer.write(arrival + "\n", {fd.get()});
  turn();
  other.read(all_there_is());
  EXPECT_TRUE(other.messages.empty());
  EXPECT_EQ(other.others, std::vector(2, accepted.substr(0, accepted.size() - 1)));
  peer.write(std::exchange(other.answers, {}));
  let_read(other);
  EXPECT_TRUE(other.messages == std::vector{json::serialize(text_of(9'000'000))});
}

}  // namespace

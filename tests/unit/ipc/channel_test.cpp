#include "channel_peer.hpp"

namespace {

using namespace channel_testing;

TEST_F(channel_with_a_raw_peer, hears_messages_however_their_bytes_are_cut) {
  const std::string bytes = "{\"text\":\"caf\u00e9\"}\n1\n  [2 , 3] \r\n{\"cmd\":\"NODE_CLUSTER\",\"seq\":0}\n\"x\"\n";
  const std::vector<std::string> expected = {"{\"text\":\"caf\u00e9\"}", "1", "[2,3]",
                                             "internal {\"cmd\":\"NODE_CLUSTER\",\"seq\":0}", "\"x\""};
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    near.heard.clear();
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      peer.write(std::string_view(bytes).substr(at, step));
      turn();
    }
    EXPECT_EQ(near.heard, expected) << "in pieces of " << step;
  }
}

TEST_F(channel_with_a_raw_peer, is_closed_by_what_is_no_message) {
  peer.write("{\"good\":1}\n\n{\"late\":1}\n");
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{"{\"good\":1}"}) << "an empty line is garbage, as for Node";
  EXPECT_TRUE(near.closed);
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
  EXPECT_FALSE(near.link->connected());
  EXPECT_FALSE(near.link->send(1));
}

TEST_F(channel_with_a_raw_peer, forgets_half_a_message_when_the_peer_dies) {
  peer.write("1\n{\"half\":");
  peer.close();
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
  EXPECT_TRUE(near.closed);
  EXPECT_FALSE(near.reason);
}

TEST_F(channel_with_a_raw_peer, gives_a_descriptor_to_its_frame_and_acknowledges_first) {
  near.on_message = [&] { near.link->send("answer"); };
  const unique_fd fd = pipe_with("through the pipe");
  const std::string frame = "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{\"n\":1},\"key\":\"k\"}\n";
  peer.write(frame.substr(0, 1), {fd.get()});
  turn();
  peer.write(frame.substr(1));
  turn();
  ASSERT_EQ(near.handles.size(), 1U);
  EXPECT_EQ(near.handles[0].type(), attachment::kind::socket);
  EXPECT_EQ(content_of(near.handles[0]), "through the pipe");
  EXPECT_EQ(near.heard, std::vector<std::string>{"{\"n\":1}"});
  EXPECT_EQ(peer.read(), "{\"cmd\":\"NODE_HANDLE_ACK\"}\n\"answer\"\n");
}

TEST_F(channel_with_a_raw_peer, acknowledges_a_frame_that_node_wrapped_again_once) {
  const unique_fd fd = pipe_with("x");
  peer.write(
      "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\","
      "\"msg\":{\"n\":\"sock\"},\"key\":\"4:127.0.0.1:0\"}}\n",
      {fd.get()});
  turn();
  ASSERT_EQ(near.handles.size(), 1U);
  EXPECT_EQ(near.handles[0].type(), attachment::kind::socket);
  EXPECT_EQ(near.heard, std::vector<std::string>{"{\"n\":\"sock\"}"});
  EXPECT_EQ(peer.read(), "{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
}

TEST_F(channel_with_a_raw_peer, refuses_a_frame_without_its_descriptor) {
  peer.write("{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":1}\n");
  turn();
  EXPECT_TRUE(near.heard.empty());
  EXPECT_EQ(peer.read(), "{\"cmd\":\"NODE_HANDLE_NACK\"}\n");
  EXPECT_FALSE(near.closed);
}

TEST_F(channel_with_a_raw_peer, closes_descriptors_that_nobody_announced) {
  const unique_fd fd = pipe_with("x");
  const auto open = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    peer.write("\"pl", std::vector<int>(100, fd.get()));
    turn();
    peer.write("ain\"\n", std::vector<int>(100, fd.get()));
    turn();
  }
  EXPECT_EQ(near.heard.size(), 10U);
  EXPECT_EQ(open_descriptors(), open);
}

TEST_F(channel_with_a_raw_peer, keeps_few_of_the_descriptors_of_an_endless_line) {
  const unique_fd fd = pipe_with("x");
  const auto open = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    peer.write(i == 0 ? "\"" : "-", std::vector<int>(100, fd.get()));
    turn();
  }
  EXPECT_LE(open_descriptors(), open + 64);
}

TEST_F(channel_with_a_raw_peer, takes_an_acknowledgement_that_nobody_waits_for_as_garbage) {
  peer.write("{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
  turn();
  EXPECT_TRUE(near.closed);
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
}

TEST_F(channel_with_a_raw_peer, sends_a_refused_descriptor_four_times_and_then_goes_on) {
  near.link->send(1, attachment(attachment::kind::socket, pipe_with("x")));
  near.link->send(2);
  for (int i = 0; i < 4; ++i) {
    turn();
    EXPECT_EQ(peer.read(), "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":1}\n") << i;
    EXPECT_EQ(peer.descriptors, i + 1);
    peer.write("{\"cmd\":\"NODE_HANDLE_NACK\"}\n");
  }
  turn();
  EXPECT_EQ(peer.read(), "2\n");
  EXPECT_FALSE(near.closed);
}

TEST_F(channel_with_a_raw_peer, closes_what_it_could_not_send) {
  const auto open = open_descriptors();
  near.link->send(1, attachment(attachment::kind::socket, pipe_with("x")));
  near.link->send(2, attachment(attachment::kind::socket, pipe_with("y")));
  turn();
  peer.close();
  turn();
  EXPECT_TRUE(near.closed);
  EXPECT_EQ(open_descriptors(), open - 2) << "the two ends of the channel";
}

/// So that many messages sent at once take no more memory than a few, and the peer need not wait for the last one.
TEST_F(channel_with_a_raw_peer, hands_on_the_first_of_many_messages_while_the_others_are_sent) {
  const json::string text(1000, 'x');
  std::string all;
  for (int n = 0; n < 100; ++n) {
    near.link->send(json::array{n, text});
    all += json::serialize(json::array{n, text}) + '\n';
  }
  const std::string early = peer.read();
  EXPECT_GE(early.size(), 64U * 1024);
  turn();
  EXPECT_EQ(early + peer.read(), all);
}

TEST_F(channel_with_a_raw_peer, disconnects_after_all_has_left) {
  near.link->send(json::string(1'000'000, 'x'));
  near.link->disconnect();
  std::size_t size = 0;
  for (int i = 0; i < 1000 && !peer.ended; ++i) {
    turn();
    size += peer.read().size();
  }
  EXPECT_TRUE(peer.ended);
  EXPECT_EQ(size, 1'000'003U);
  EXPECT_TRUE(near.closed);
}

TEST_F(channel_with_a_raw_peer, disconnects_though_its_reader_has_stopped_it) {
  // The acknowledgement that the disconnect waits for stands behind messages that nobody reads.
  near.on_message = [&] { near.link->pause(); };
  near.link->send(1, attachment(attachment::kind::socket, pipe_with("x")));
  peer.write("1\n2\n3\n");
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
  near.link->disconnect();
  peer.read();
  peer.write("{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
  turn();
  EXPECT_TRUE(near.closed);
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"}) << "what still comes in is dropped";
}

TEST_F(channel_with_a_raw_peer, goes_on_where_it_was_paused) {
  near.on_message = [&] { near.link->pause(); };
  peer.write("1\n2\n3\n");
  for (std::size_t i = 1; i <= 3; ++i) {
    turn();
    EXPECT_EQ(near.heard.size(), i);
    near.link->resume();
  }
  turn();
  peer.write("4\n");
  turn();
  EXPECT_EQ(near.heard, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST_F(channel_with_a_raw_peer, cuts_off_a_peer_that_asks_for_answers_and_never_reads_them) {
  const std::string frames = [] {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "{\"cmd\":\"NODE_HANDLE\"}\n";
    return text;
  }();
  std::size_t written = 0;
  std::size_t at = 0;
  while (!near.closed && written < 32'000'000) {
    const std::size_t size = peer.write(std::string_view(frames).substr(at));
    written += size;
    at = (at + size) % frames.size();
    turn();
  }
  EXPECT_TRUE(near.closed) << "after " << written << " bytes";
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
}

TEST_F(channel_with_a_raw_peer, takes_in_what_a_dead_peer_left_paused_or_not) {
  near.on_message = [&] { near.link->pause(); };
  peer.write("1\n2\n3\n4");
  turn();
  peer.write("5\n");
  near.link->drain_and_close();
  EXPECT_EQ(near.heard, (std::vector<std::string>{"1", "2", "3", "45"}));
  EXPECT_TRUE(near.closed);
}

TEST_F(channel_with_a_raw_peer, closes_when_more_waits_than_may) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  raw_peer deaf(ends[0]);
  listener small(io, ends[1], {.outgoing = 1'000'000});
  const json::value text = json::string(100'000, 'x');
  for (int i = 0; i < 9; ++i) small.link->send(text);
  EXPECT_TRUE(small.link->connected());
  for (int i = 0; i < 9 && small.link->connected(); ++i) EXPECT_FALSE(small.link->send(text));  // the kernel took some
  EXPECT_FALSE(small.link->connected());
  EXPECT_FALSE(small.closed) << "never from inside send()";
  turn();
  EXPECT_EQ(small.reason, brood::errc::message_too_large);
}

TEST_F(channel_with_a_raw_peer, never_says_that_a_message_has_left_for_which_there_was_no_room) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  raw_peer other(ends[0]);
  listener small(io, ends[1], {.outgoing = 1'000});
  small.link->send("this leaves, and empties the queue");
  small.link->send(json::string(2'000, 'x'));
  std::vector<error_code> told;
  small.link->when_left([&](error_code ec) { told.push_back(ec); });
  turn();
  EXPECT_EQ(told, std::vector<error_code>{brood::errc::message_too_large});
  EXPECT_TRUE(small.closed);
  EXPECT_EQ(small.reason, brood::errc::message_too_large);
  EXPECT_EQ(other.read(), "\"this leaves, and empties the queue\"\n");
}

TEST_F(channel_with_a_raw_peer, closes_at_a_message_longer_than_may_be) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  raw_peer loud(ends[0]);
  listener small(io, ends[1], {.message = 1000});
  loud.write('"' + std::string(900, 'x') + "\"\n" + std::string(900, ' '));
  turn();
  EXPECT_EQ(small.heard.size(), 1U);
  EXPECT_FALSE(small.closed);
  loud.write(std::string(101, ' '));
  turn();
  EXPECT_EQ(small.reason, brood::errc::message_too_large);
}

TEST(channel, two_that_send_large_messages_and_descriptors_at_once_do_not_wait_for_each_other_for_ever) {
  constexpr std::size_t count = 40;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  asio::io_context io{1};
  listener one(io, ends[0]);
  listener other(io, ends[1]);
  for (listener* side : {&one, &other}) {
    for (std::size_t i = 0; i < count; ++i) {
      side->link->send(json::string(100'000, 'x'), attachment(attachment::kind::native, pipe_with(std::to_string(i))));
      side->link->send(i);
    }
    side->on_message = [side] {
      if (side->heard.size() == 2 * count) side->link->disconnect();
    };
  }
  io.run();
  for (listener* side : {&one, &other}) {
    ASSERT_EQ(side->heard.size(), 2 * count);
    ASSERT_EQ(side->handles.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(content_of(side->handles[i]), std::to_string(i));
      EXPECT_EQ(side->heard[2 * i + 1], std::to_string(i));
    }
    EXPECT_FALSE(side->reason);
  }
}

TEST(channel, leaves_no_descriptor_when_the_loop_goes_away_under_it) {
  const auto before = open_descriptors();
  {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    asio::io_context io{1};
    raw_peer peer(ends[0]);
    listener near(io, ends[1]);
    near.link->send(1, attachment(attachment::kind::socket, pipe_with("x")));
    const unique_fd fd = pipe_with("x");
    peer.write("{\"cmd\":\"NODE", {fd.get()});
    io.poll();
    near.link->send(2, attachment(attachment::kind::socket, pipe_with("x")));
    near.link.reset();
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace

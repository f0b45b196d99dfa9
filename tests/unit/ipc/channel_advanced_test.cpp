#include <brood/js.hpp>

#include "channel_peer.hpp"

// The channel in Node's advanced serialization.
namespace {

using namespace channel_testing;

class advanced_channel : public channel_with_a_raw_peer {
 protected:
  advanced_channel() : channel_with_a_raw_peer(brood::serialization::advanced) {}

  static std::string frame(std::string_view content) {
    std::string bytes(4, '\0');
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(content.size() >> 8 * (3 - i) & 0xff);
    return bytes += content;
  }
  static std::string of_json(const json::value& body) {
    std::string bytes;
    brood::detail::wire::append_frame(bytes, brood::serialization::advanced, body);
    return bytes;
  }
};

TEST_F(advanced_channel, hears_messages_however_their_bytes_are_cut) {
  const std::string bytes = of_json({{"text", "caf\u00e9\n"}}) + of_json(1) + frame("\xff\x0f_") +
                            of_json({{"cmd", "NODE_CLUSTER"}, {"seq", 0}}) + frame("\xff\x0f'I\x02,\x01") +
                            of_json("x");
  const std::vector<std::string> expected = {"{\"text\":\"caf\u00e9\\n\"}",
                                             "1",
                                             "rich null",
                                             "internal {\"cmd\":\"NODE_CLUSTER\",\"seq\":0}",
                                             "rich null",
                                             "\"x\""};
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    near.heard.clear();
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      peer.write(std::string_view(bytes).substr(at, step));
      turn();
    }
    EXPECT_EQ(near.heard, expected) << "in pieces of " << step;
  }
}

TEST_F(advanced_channel, takes_an_internal_message_with_undefined_members_for_what_it_is) {
  // {cmd: 'NODE_CLUSTER', fd: undefined}, as Node's workers send it
  peer.write(
      frame("\xff\x0fo\"\x03"
            "cmd\"\x0cNODE_CLUSTER\"\x02"
            "fd_{\x02"));
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{"internal {\"cmd\":\"NODE_CLUSTER\"}"});
}

TEST_F(advanced_channel, is_closed_by_what_is_no_message) {
  for (const std::string& garbage :
       {frame(""), frame("{}"), frame("\xff\x0f"), frame("\xff\x11_"), frame("\xff\x0f!"), frame("\xff\x0f^\x01"),
        std::string("\x7f\xff\xff\xff", 4), std::string("\xff\xff\xff\xff", 4)}) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const unique_fd far(ends[0]);
    listener one(io, ends[1], {}, brood::serialization::advanced);
    const std::string bytes = of_json("good") + garbage + of_json("late");
    ASSERT_EQ(::write(far.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    turn();
    EXPECT_EQ(one.heard, std::vector<std::string>{"\"good\""});
    EXPECT_TRUE(one.closed);
    EXPECT_TRUE(one.reason == brood::errc::protocol_error || one.reason == brood::errc::message_too_large);
  }
}

TEST_F(advanced_channel, forgets_half_a_message_when_the_peer_dies) {
  peer.write(of_json(1) + of_json("half").substr(0, 7));
  peer.close();
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
  EXPECT_TRUE(near.closed);
  EXPECT_FALSE(near.reason);
}

TEST_F(advanced_channel, is_not_hurt_by_depth) {
  std::string deep = "\xff\x0f";
  for (int i = 0; i < 100'000; ++i) deep += "A\x01";
  peer.write(frame(deep));
  for (int i = 0; i < 10 && !near.closed; ++i) turn();
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
}

TEST_F(advanced_channel, gives_a_descriptor_to_its_frame_and_acknowledges_first) {
  near.on_message = [&] { near.link->send("answer"); };
  const unique_fd fd = pipe_with("through the pipe");
  const std::string bytes =
      of_json({{"cmd", "NODE_HANDLE"},
               {"type", "net.Native"},
               {"msg", {{"cmd", "NODE_HANDLE"}, {"type", "net.Socket"}, {"msg", {{"n", 1}}}, {"key", "k"}}}});
  peer.write(bytes.substr(0, 1), {fd.get()});
  turn();
  peer.write(bytes.substr(1));
  turn();
  ASSERT_EQ(near.handles.size(), 1U);
  EXPECT_EQ(near.handles[0].type(), attachment::kind::socket);
  EXPECT_EQ(content_of(near.handles[0]), "through the pipe");
  EXPECT_EQ(near.heard, std::vector<std::string>{"{\"n\":1}"});
  EXPECT_EQ(peer.read(), of_json({{"cmd", "NODE_HANDLE_ACK"}}) + of_json("answer"));
}

TEST_F(advanced_channel, announces_a_descriptor_as_node_does) {
  near.link->send_value(brood::js::set{1}, attachment(attachment::kind::socket, pipe_with("x")));
  turn();
  EXPECT_EQ(peer.read(), frame("\xff\x0fo\"\x03"
                               "cmd\"\x0bNODE_HANDLE\"\x04type\"\x0anet.Socket\"\x03msg'I\x02,\x01{\x03"));
  peer.write(of_json({{"cmd", "NODE_HANDLE_NACK"}}));
  turn();
  EXPECT_FALSE(peer.read().empty()) << "once more";
  peer.write(of_json({{"cmd", "NODE_HANDLE_ACK"}}));
  turn();
  EXPECT_FALSE(near.closed);
}

}  // namespace

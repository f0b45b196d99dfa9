#include "ipc/channel.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/js.hpp>
#include <cstring>
#include <filesystem>

namespace {

using brood::attachment;
using brood::error_code;
using brood::message;
using brood::unique_fd;
using brood::ipc::channel;
namespace asio = boost::asio;
namespace json = boost::json;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all))) - 1;
}

/// A descriptor that is worth passing on: the read end of a pipe that holds `text`.
unique_fd pipe_with(std::string_view text) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return unique_fd(ends[0]);
}

std::string content_of(const attachment& handle) {
  char text[64];
  const ssize_t size = ::read(handle.native_handle(), text, sizeof text);
  return {text, static_cast<std::size_t>(size > 0 ? size : 0)};
}

/// The peer, as bytes: whatever a Node program, a broken one or a hostile one may do to its end of the socket.
class raw_peer {
 public:
  explicit raw_peer(int fd) : fd_(fd) {}

  /// How much of it the socket took, 0 when it is full or closed.
  std::size_t write(std::string_view bytes, const std::vector<int>& fds = {}) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
    if (!fds.empty()) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* entry = CMSG_FIRSTHDR(&header);
      entry->cmsg_level = SOL_SOCKET;
      entry->cmsg_type = SCM_RIGHTS;
      entry->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
      std::memcpy(CMSG_DATA(entry), fds.data(), sizeof(int) * fds.size());
    }
    const ssize_t size = ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  /// What is there to read now. Descriptors that come along are counted and closed.
  std::string read() {
    std::string all;
    char bytes[65536];
    for (;;) {
      iovec part{bytes, sizeof bytes};
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 8)];
      msghdr header{};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      ended = size == 0;
      if (size <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(size));
      const cmsghdr* entry = CMSG_FIRSTHDR(&header);
      if (entry == nullptr) continue;
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(entry), sizeof fd);
      unique_fd closed(fd);
      ++descriptors;
    }
  }

  void close() { fd_.reset(); }

  int descriptors = 0;
  bool ended = false;

 private:
  unique_fd fd_;
};

/// A channel, and what it told.
struct listener {
  std::shared_ptr<channel> link;
  std::vector<std::string> heard;
  std::vector<attachment> handles;
  std::function<void()> on_message;
  bool closed = false;
  error_code reason;

  listener(asio::io_context& io, int fd, brood::ipc::channel_limits limits = {},
           brood::serialization form = brood::serialization::json)
      : link(std::make_shared<channel>(io.get_executor(), unique_fd(fd), form, limits)) {
    link->start({.user =
                     [this](message m) {
                       heard.push_back((m.rich ? "rich " : "") + json::serialize(m.body));
                       if (m.handle) handles.push_back(std::move(m.handle));
                       if (on_message) on_message();
                     },
                 .internal =
                     [this](const json::object& m, const attachment& handle) {
                       heard.push_back("internal " + json::serialize(m) + (handle ? " with handle" : ""));
                     },
                 .closed =
                     [this](error_code why) {
                       EXPECT_FALSE(closed) << "told once";
                       closed = true;
                       reason = why;
                     }});
  }
};

class channel_with_a_raw_peer : public testing::Test {
 protected:
  explicit channel_with_a_raw_peer(brood::serialization form = brood::serialization::json)
      : channel_with_a_raw_peer(pair(), form) {}

  /// Lets the channel do all it can do now.
  void turn() {
    io.restart();
    io.poll();
  }

  const std::size_t before = open_descriptors();
  asio::io_context io{1};
  raw_peer peer;
  listener near;

 private:
  struct both {
    int ends[2];
  };
  static both pair() {
    both b{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b.ends), 0);
    return b;
  }
  channel_with_a_raw_peer(both b, brood::serialization form) : peer(b.ends[0]), near(io, b.ends[1], {}, form) {}
};

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
  EXPECT_EQ(near.reason, brood::errc::garbled_message);
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
  EXPECT_EQ(near.reason, brood::errc::garbled_message);
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
  EXPECT_EQ(near.reason, brood::errc::garbled_message);
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
  EXPECT_FALSE(small.link->send(text));
  EXPECT_FALSE(small.link->connected());
  EXPECT_FALSE(small.closed) << "never from inside send()";
  turn();
  EXPECT_EQ(small.reason, brood::errc::message_too_large);
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

// ---- the advanced serialization

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
    brood::wire::append_frame(bytes, brood::serialization::advanced, body);
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
       {frame(""), frame("{}"), frame("\xff\x0f"), frame("\xff\x10_"), frame("\xff\x0f!"), frame("\xff\x0f^\x01"),
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
    EXPECT_TRUE(one.reason == brood::errc::garbled_message || one.reason == brood::errc::message_too_large);
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
  EXPECT_EQ(near.reason, brood::errc::garbled_message);
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

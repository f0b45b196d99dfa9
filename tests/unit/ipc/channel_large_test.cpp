#include <sys/resource.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <random>

#include "ipc/large_out.hpp"
#include "large_peer.hpp"
#include "support/apart.hpp"

// Large messages to a brood peer, which go through memory that both have mapped.

namespace {

using namespace channel_testing;

/// Reads frames as a brood peer does: the messages, as text, and what it answers.
class reader {
 public:
  explicit reader(const unique_fd& fd) : seen_(fd) {}

  std::vector<std::string> messages;
  std::size_t parts = 0;
  std::size_t questions = 0;
  std::string answers;
  std::vector<std::string> others;
  struct so_far_and_more {
    std::size_t so_far;
    std::size_t more;
  };
  std::vector<so_far_and_more> told;

  void read(std::string_view lines) {
    for (std::size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
      line(lines.substr(0, end));
      lines.remove_prefix(end + 1);
    }
    EXPECT_TRUE(lines.empty()) << "frames are whole here";
  }

  seen_memory& memory() { return seen_; }

 private:
  void line(std::string_view text) {
    if (!text.starts_with(R"({"cmd":"NODE_)")) {
      EXPECT_EQ(under_way_, "") << "nothing comes in between";
      messages.emplace_back(text);
      return;
    }
    if (text == ask.substr(0, ask.size() - 1)) {
      ++questions;
      answers += room;
      return;
    }
    if (!text.starts_with(R"({"cmd":"NODE_BROOD_PART")")) return others.emplace_back(text), void();
    ++parts;
    const json::value notice = json::parse(text);
    const auto at = notice.at("at").to_number<std::size_t>();
    const auto size = notice.at("size").to_number<std::size_t>();
    ASSERT_LE(at + size, seen_.size());
    under_way_.append(seen_.bytes() + at, size);
    const auto* more = notice.as_object().if_contains("more");
    told.push_back({under_way_.size(), more != nullptr ? more->to_number<std::size_t>() : 0});
    read_ += size;
    seen_.set_read(read_);
    if (notice.as_object().contains("last")) messages.push_back(std::exchange(under_way_, {}));
  }

  seen_memory seen_;
  std::string under_way_;
  std::uint64_t read_ = 0;
};

class a_channel_with_memory : public a_channel_to_a_brood_peer {
 protected:
  /// Lets the peer read, and say what it is asked for, until nothing more comes.
  void let_read(reader& other) {
    for (std::string all = all_there_is(); !all.empty(); all = all_there_is()) {
      other.read(all);
      peer.write(std::exchange(other.answers, {}));
    }
  }
};

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
  for (int i = 0; i < 100; ++i) near.link->send(i);
  EXPECT_LE(pages(), 1);
  near.link->send(text_of(2'000'000));
  other.messages.clear();
  other.read(all_there_is());
  ASSERT_EQ(other.messages.size(), 101U);
  EXPECT_TRUE(other.messages.back() == json::serialize(text_of(2'000'000)));
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
    brood::ipc::large_out out;
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

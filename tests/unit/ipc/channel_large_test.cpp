#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>

#include <boost/json/parse.hpp>
#include <random>

#include "channel_peer.hpp"
#include "ipc/large_out.hpp"
#include "support/apart.hpp"
#include "wire/json_text.hpp"

// Large messages between two brood programs, which go through memory that both have mapped.

namespace {

using namespace channel_testing;

const std::string greeting = "{\"cmd\":\"NODE_BROOD\"}\n";
const std::string accepted = "{\"cmd\":\"NODE_HANDLE_ACK\"}\n";
const std::string memory =
    "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":{\"cmd\":\"NODE_BROOD_MEMORY\"}}\n";
const std::string mapped = "{\"cmd\":\"NODE_BROOD_MAPPED\"}\n";
const std::string rest = "{\"cmd\":\"NODE_BROOD_REST\"}\n";
constexpr std::size_t head = 64UL * 1024;

/// A text in which each place can be told from its neighbours.
json::string text_of(std::size_t size) {
  json::string text(size, 'x');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i + i / 251) % 26);
  return text;
}

/// The memory as the peer of its maker sees it.
class seen_memory {
 public:
  explicit seen_memory(const unique_fd& fd) {
    struct stat about {};
    EXPECT_EQ(::fstat(fd.get(), &about), 0);
    size_ = static_cast<std::size_t>(about.st_size);
    at_ = static_cast<char*>(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
    EXPECT_NE(static_cast<void*>(at_), MAP_FAILED);
  }
  seen_memory(const seen_memory&) = delete;
  seen_memory& operator=(const seen_memory&) = delete;
  ~seen_memory() { ::munmap(at_, size_); }

  char* bytes() const { return at_ + head; }
  std::size_t size() const { return size_ - head; }
  void set_read(std::uint64_t total) { std::memcpy(at_, &total, sizeof total); }
  std::uint64_t read() const {
    std::uint64_t total = 0;
    std::memcpy(&total, at_, sizeof total);
    return total;
  }

 private:
  char* at_ = nullptr;
  std::size_t size_ = 0;
};

/// What a brood program would make.
unique_fd memory_of(std::size_t size, int seals = F_SEAL_SHRINK | F_SEAL_GROW) {
  unique_fd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(head + size)), 0);
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}

std::string part(std::size_t at, std::size_t size, std::string_view more = "") {
  return R"({"cmd":"NODE_BROOD_PART","at":)" + std::to_string(at) + R"(,"size":)" + std::to_string(size) +
         std::string(more) + "}\n";
}
const std::string_view last = R"(,"last":true)";

class a_channel_to_a_brood_peer : public channel_with_a_raw_peer {
 protected:
  /// What the peer can read until nothing more comes.
  std::string all_there_is() {
    std::string all;
    for (;;) {
      turn();
      const std::string some = peer.read();
      if (some.empty()) return all;
      all += some;
    }
  }

  /// The channel has given its memory to the peer, which has said that it has it.
  void give_memory() {
    peer.write(greeting);
    turn();
    near.link->send(text_of(200'000));
    EXPECT_EQ(all_there_is(), json::serialize(text_of(200'000)) + "\n" + memory);
    EXPECT_EQ(peer.descriptors, 1);
    peer.write(accepted + mapped);
    turn();
    EXPECT_EQ(peer.read(), "");
  }

  /// The peer has given it memory.
  void take_memory(const unique_fd& fd) {
    peer.write(memory, {fd.get()});
    turn();
    EXPECT_EQ(peer.read(), accepted + mapped);
  }
};

/// Reads frames as a brood peer does: the messages, as text.
class reader {
 public:
  explicit reader(const unique_fd& fd) : seen_(fd) {}

  std::vector<std::string> messages;
  std::size_t parts = 0;
  std::size_t rests = 0;

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
    if (std::exchange(rest_is_next_, false)) {
      messages.push_back(std::exchange(under_way_, {}).append(text));
      return;
    }
    if (!text.starts_with(R"({"cmd":"NODE_BROOD_)")) {
      EXPECT_EQ(under_way_, "") << "nothing comes in between";
      messages.emplace_back(text);
      return;
    }
    if (text.starts_with(R"({"cmd":"NODE_BROOD_REST")")) {
      ++rests;
      rest_is_next_ = true;
      return;
    }
    ++parts;
    const json::value notice = json::parse(text);
    const auto at = notice.at("at").to_number<std::size_t>();
    const auto size = notice.at("size").to_number<std::size_t>();
    ASSERT_LE(at + size, seen_.size());
    under_way_.append(seen_.bytes() + at, size);
    read_ += size;
    seen_.set_read(read_);
    if (notice.as_object().contains("last")) messages.push_back(std::exchange(under_way_, {}));
  }

  seen_memory seen_;
  std::string under_way_;
  std::uint64_t read_ = 0;
  bool rest_is_next_ = false;
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
  EXPECT_EQ(other.rests, 0U);
  EXPECT_GE(other.parts, 20U);
}

TEST_F(a_channel_to_a_brood_peer, sends_what_finds_no_room_there_as_it_always_did) {
  give_memory();
  reader other(peer.last_descriptor);
  std::vector<std::string> sent;
  for (int i = 0; i < 3; ++i) {
    for (const std::size_t size : {3'000'000UL, 3'000'000UL, 3'000'000UL, 100UL, 9'000'000UL}) {
      near.link->send(text_of(size));
      sent.push_back(json::serialize(text_of(size)));
    }
    other.read(all_there_is());
  }
  EXPECT_TRUE(other.messages == sent);
  EXPECT_GE(other.rests, 3U);
}

/// Text that is complete already is not parted where it would not fit as a whole.
TEST_F(a_channel_to_a_brood_peer, sends_complete_text_through_memory_or_as_a_whole) {
  give_memory();
  reader other(peer.last_descriptor);
  const std::string fits = json::serialize(text_of(1'000'000));
  const std::string does_not = json::serialize(text_of(5'000'000));
  for (const auto& text : {fits, does_not, fits}) near.link->send_json(text);
  other.read(all_there_is());
  EXPECT_TRUE((other.messages == std::vector{fits, does_not, fits}));
  EXPECT_EQ(other.rests, 0U);
  EXPECT_GE(other.parts, 2U);
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

TEST_F(a_channel_to_a_brood_peer, never_writes_beyond_its_memory_whatever_the_peer_says_it_has_read) {
  give_memory();
  reader other(peer.last_descriptor);
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    other.memory().set_read(random() >> random() % 64);
    near.link->send(text_of(300'000 + random() % 3'000'000));
    all_there_is();
  }
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

TEST_F(a_channel_to_a_brood_peer, hears_a_message_whose_parts_are_in_the_peers_memory) {
  constexpr std::size_t size = 1000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  seen_memory seen(fd);
  const std::string text = R"({"a":"some text","b":[1,2.5]})";
  std::size_t written = 0;
  const auto write = [&](std::string_view bytes, std::string_view how) {
    std::string notices;
    while (!bytes.empty()) {
      const std::size_t at = written % size;
      const std::size_t fits = std::min(bytes.size(), size - at);
      bytes.copy(seen.bytes() + at, fits);
      bytes.remove_prefix(fits);
      written += fits;
      notices += part(at, fits, bytes.empty() ? how : "");
    }
    return notices;
  };
  for (int round = 0; round < 5; ++round) {
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      near.heard.clear();
      const std::string first = write(text.substr(0, cut), R"(,"more":17)");
      peer.write(first + write(text.substr(cut), last) + "\"behind\"\n");
      turn();
      ASSERT_EQ(near.heard, (std::vector<std::string>{R"({"a":"some text","b":[1,2.5E0]})", "\"behind\""})) << cut;
      EXPECT_EQ(seen.read(), written);
    }
  }
  near.heard.clear();
  peer.write(write(text.substr(0, 5), "") + rest + text.substr(5) + "\n");
  turn();
  EXPECT_EQ(near.heard, std::vector<std::string>{R"({"a":"some text","b":[1,2.5E0]})"});
}

/// What it takes for a notice: none of these is one.
TEST(a_channel_to_a_hostile_brood_peer, is_closed_by_parts_that_cannot_be) {
  struct attack {
    std::string frames;
    bool with_memory;
    error_code reason;
  };
  using brood::errc;
  const auto notice = [](std::string_view members) {
    return R"({"cmd":"NODE_BROOD_PART")" + std::string(members) + "}\n";
  };
  const error_code garbled = errc::garbled_message;
  const std::vector<attack> attacks = {
      {part(0, 10), false, garbled},
      {part(0, 100'001), true, garbled},
      {part(99'991, 10), true, garbled},
      {part(100'001, 1), true, garbled},
      {part(9'000'000'000'000'000'000, 9'000'000'000'000'000'000), true, garbled},
      {part(0, 0), true, garbled},
      {part(1, 10), true, garbled},                         // not behind the one before
      {part(0, 10) + part(0, 10), true, garbled},           // again
      {part(0, 10) + "7\n" + part(20, 10), true, garbled},  // one is missing
      {notice(R"(,"at":-1,"size":5)"), true, garbled},
      {notice(R"(,"at":0,"size":-5)"), true, garbled},
      {notice(R"(,"at":"x","size":[])"), true, garbled},
      {notice(R"(,"at":0.0,"size":10)"), true, garbled},
      {notice(R"(,"size":10)"), true, garbled},
      {notice(""), true, garbled},
      {part(0, 10, last), true, garbled},        // zeros are no JSON
      {mapped, true, garbled},                   // nobody gave it any
      {rest + "\"no beginning\"\n", false, {}},  // the rest of nothing is all there is
      {rest + rest, false, {}},                  // which is then an internal message, and unknown
      {rest + "\n", false, garbled},
  };
  for (const auto& [frames, with_memory, reason] : attacks) {
    asio::io_context io{1};
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    raw_peer peer(ends[0]);
    listener near(io, ends[1]);
    const unique_fd fd = memory_of(100'000);
    if (with_memory) peer.write(memory, {fd.get()});
    peer.write(frames);
    io.poll();
    EXPECT_EQ(near.closed, reason.failed()) << frames;
    EXPECT_EQ(near.reason, reason) << frames;
    near.link->disconnect();
    io.restart();
    io.run();
  }
}

TEST_F(a_channel_to_a_brood_peer, takes_no_memory_that_could_shrink_nor_too_much_nor_twice) {
  peer.write(memory, {memory_of(100'000, F_SEAL_GROW).get()});
  peer.write(memory, {memory_of(100UL * 1024 * 1024).get()});
  peer.write(memory, {pipe_with("x").get()});
  peer.write(memory);
  turn();
  EXPECT_EQ(peer.read(), accepted + accepted + accepted + "{\"cmd\":\"NODE_HANDLE_NACK\"}\n");
  const unique_fd fd = memory_of(100'000);
  take_memory(fd);
  peer.write(memory, {fd.get()});
  turn();
  EXPECT_EQ(peer.read(), accepted);
  EXPECT_TRUE(near.heard.empty());
}

/// Else each would lead to the next without end.
TEST_F(a_channel_to_a_brood_peer, obeys_no_notice_that_comes_in_parts) {
  const unique_fd fd = memory_of(100'000);
  take_memory(fd);
  seen_memory seen(fd);
  std::string itself = part(0, 1000, last);
  itself.back() = ' ';
  itself.resize(1000, ' ');
  itself.copy(seen.bytes(), itself.size());
  peer.write(part(0, 1000, last));
  turn();
  EXPECT_FALSE(near.closed);
  ASSERT_EQ(near.heard.size(), 1U);
  EXPECT_TRUE(near.heard[0].starts_with("internal ")) << "to be ignored, as all that is unknown";
}

TEST(a_channel_to_a_hostile_brood_peer, is_closed_when_the_parts_are_more_than_a_message_may_be) {
  asio::io_context io{1};
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  raw_peer peer(ends[0]);
  listener near(io, ends[1], {.message = 10'000});
  const unique_fd fd = memory_of(100'000);
  peer.write(memory, {fd.get()});
  const seen_memory seen(fd);
  seen.bytes()[0] = '"';
  std::memset(seen.bytes() + 1, 'x', 9'000);
  peer.write(part(0, 6'000, R"(,"more":9000000000000)") + part(6'000, 5'000));
  io.poll();
  EXPECT_EQ(near.reason, brood::errc::message_too_large);
}

/// The notice and what it announces are one: an acknowledgement in between would be taken for the rest.
TEST_F(a_channel_to_a_brood_peer, lets_nothing_come_between_a_notice_and_the_rest) {
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
  EXPECT_EQ(other.rests, 1U);
  ASSERT_EQ(other.messages.size(), 3U);
  const auto acknowledgement = accepted.substr(0, accepted.size() - 1);
  EXPECT_EQ(std::count(other.messages.begin(), other.messages.end(), acknowledgement), 2);
  EXPECT_EQ(std::count(other.messages.begin(), other.messages.end(), json::serialize(text_of(9'000'000))), 1);
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

/// Whatever the sender said would follow.
TEST_F(a_channel_to_a_brood_peer, keeps_no_more_memory_than_its_strings_need) {
  constexpr std::size_t size = 4'000'000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  const seen_memory seen(fd);
  json::array all;
  for (int i = 0; i < 40; ++i) all.emplace_back(text_of(66'000));
  const std::string text = json::serialize(all);
  text.copy(seen.bytes(), text.size());
  std::size_t most = 0;
  std::size_t strings = 0;
  near.on_body = [&](const json::value& body) {
    for (const auto& one : body.as_array()) {
      most = std::max(most, one.as_string().capacity());
      ++strings;
    }
  };
  constexpr std::size_t step = 100'000;
  for (std::size_t at = 0; at < text.size(); at += step) {
    const std::size_t now = std::min(step, text.size() - at);
    peer.write(part(at, now, at + now == text.size() ? last : R"(,"more":536000000)"));
    turn();
  }
  EXPECT_EQ(strings, 40U);
  EXPECT_LE(most, 2 * 66'000U);
}

TEST_F(a_channel_to_a_brood_peer, gives_the_loop_to_others_while_it_reads_much) {
  constexpr std::size_t size = 1'000'000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  const seen_memory seen(fd);
  std::memset(seen.bytes(), ' ', size);
  std::string notices;
  for (int i = 0; i < 60; ++i) notices += part(0, size);
  peer.write(notices + rest + "1\n");
  io.restart();
  int turns = 0;
  while (near.heard.empty() && io.run_one() != 0) ++turns;
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
  EXPECT_GE(turns, 10);
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

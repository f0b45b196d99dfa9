#include <algorithm>

#include "large_peer.hpp"

// Large messages from a brood peer, in memory that it may write to whenever it likes.

namespace {

using namespace channel_testing;

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
}

TEST_F(a_channel_to_a_brood_peer, says_that_it_has_read_what_it_was_told) {
  constexpr std::size_t size = 1000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  const seen_memory seen(fd);
  std::memset(seen.bytes(), ' ', size);
  peer.write(part(0, 700) + ask + part(700, 300) + "1\n" + ask + part(0, 500));
  turn();
  EXPECT_EQ(peer.read(), room + room);
  EXPECT_EQ(seen.read(), 1500U);
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
}

/// The program may hear messages for long after that.
TEST_F(a_channel_to_a_brood_peer, says_so_at_once) {
  const unique_fd fd = memory_of(1000);
  take_memory(fd);
  const seen_memory seen(fd);
  std::memset(seen.bytes(), ' ', 1000);
  std::string when_heard;
  near.on_message = [&] { when_heard = peer.read(); };
  peer.write(part(0, 700) + ask + "1\n");
  turn();
  EXPECT_EQ(when_heard, room);
}

/// Each as if it came from a peer that is broken, or hostile.
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
  const error_code garbled = errc::protocol_error;
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
      {part(0, 10, last), true, garbled},  // zeros are no JSON
      {mapped, true, garbled},             // nobody gave it any
      {unmapped, true, garbled},
      {room, true, garbled},  // nobody asked
      {ask, false, {}},       // there is room enough in no memory
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
  const std::string no = accepted + unmapped;
  EXPECT_EQ(peer.read(), no + no + no + "{\"cmd\":\"NODE_HANDLE_NACK\"}\n");
  const unique_fd fd = memory_of(100'000);
  take_memory(fd);
  peer.write(memory, {fd.get()});
  turn();
  EXPECT_EQ(peer.read(), accepted + unmapped);
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

/// A peer that asks again and again and never reads.
TEST_F(a_channel_to_a_brood_peer, is_closed_by_questions_whose_answers_nobody_reads) {
  std::string questions;
  for (int i = 0; i < 1000; ++i) questions += ask;
  for (int i = 0; i < 100 && !near.closed; ++i) {
    peer.write(questions);
    turn();
  }
  EXPECT_EQ(near.reason, brood::errc::protocol_error);
}

TEST_F(a_channel_to_a_brood_peer, gives_the_loop_to_others_while_it_reads_much) {
  constexpr std::size_t size = 1'000'000;
  const unique_fd fd = memory_of(size);
  take_memory(fd);
  const seen_memory seen(fd);
  std::memset(seen.bytes(), ' ', size);
  std::string notices;
  for (int i = 0; i < 60; ++i) notices += part(0, size);
  peer.write(notices + "1\n");
  io.restart();
  int turns = 0;
  while (near.heard.empty() && io.run_one() != 0) ++turns;
  EXPECT_EQ(near.heard, std::vector<std::string>{"1"});
  EXPECT_GE(turns, 10);
}

}  // namespace

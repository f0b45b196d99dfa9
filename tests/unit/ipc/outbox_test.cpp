#include <gtest/gtest.h>

#include "outbox_lines.hpp"

namespace {

using namespace outbox_testing;

TEST(outbox, lets_plain_frames_leave_in_their_order) {
  lines box;
  EXPECT_TRUE(box.empty());
  box.add("1");
  box.add("2");
  EXPECT_EQ(box.size(), 4U);
  EXPECT_EQ(leave(box), "1\n2\n");
  EXPECT_EQ(box.size(), 0U);
  EXPECT_TRUE(box.empty());
}

TEST(outbox, lets_them_leave_in_pieces_of_any_size) {
  for (std::size_t step = 1; step < 12; ++step) {
    lines box;
    box.add("one");
    box.add("two");
    box.add_with_handle("three", some_fd(), nullptr);
    std::string all;
    for (std::string piece = leave(box, step); !piece.empty(); piece = leave(box, step)) all += piece;
    EXPECT_EQ(all, "one\ntwo\n#three\n");
  }
}

TEST(outbox, sends_a_descriptor_with_the_first_byte_only) {
  lines box;
  box.add_with_handle("frame", some_fd(), nullptr);
  EXPECT_GE(box.next().fd, 0);
  box.sent(1);
  EXPECT_EQ(box.next().fd, -1);
  EXPECT_EQ(leave(box), "rame\n");
}

TEST(outbox, holds_everything_back_until_a_descriptor_is_acknowledged) {
  lines box;
  std::string told;
  box.add("before");
  box.add_with_handle("h1", some_fd(), [&](bool taken) { told += taken ? "1 taken " : "1 lost "; });
  box.add("between");
  box.add_with_handle("h2", some_fd(), [&](bool taken) { told += taken ? "2 taken " : "2 lost "; });
  box.add("after");
  EXPECT_EQ(leave(box), "before\n#h1\n");
  EXPECT_FALSE(box.empty()) << "something is under way";
  EXPECT_EQ(told, "");
  EXPECT_TRUE(box.acknowledged());
  EXPECT_EQ(told, "1 taken ");
  EXPECT_EQ(leave(box), "between\n#h2\n");
  EXPECT_TRUE(box.acknowledged());
  EXPECT_EQ(leave(box), "after\n");
  EXPECT_EQ(told, "1 taken 2 taken ");
  EXPECT_TRUE(box.empty());
}

TEST(outbox, lets_acknowledgements_overtake_what_is_held_back) {
  lines box;
  box.add_with_handle("h", some_fd(), nullptr);
  EXPECT_EQ(leave(box), "#h\n");
  box.add("held");
  box.add_acknowledgement(ack);
  EXPECT_EQ(leave(box), "ack\n");
}

TEST(outbox, lets_acknowledgements_overtake_what_may_leave) {
  lines box;
  box.add("plain");
  box.add_with_handle("h", some_fd(), nullptr);
  box.add_acknowledgement(ack);
  EXPECT_EQ(leave(box), "ack\nplain\n#h\n");
}

TEST(outbox, never_puts_an_acknowledgement_into_a_frame) {
  for (std::size_t at = 1; at < 6; ++at) {
    lines box;
    box.add("plain");
    const std::string first = leave(box, at);
    box.add_acknowledgement(ack);
    EXPECT_EQ(first + leave(box), "plain\nack\n") << at;
  }
  for (std::size_t at = 1; at < 7; ++at) {
    lines box;
    box.add_with_handle("handle", some_fd(), nullptr);
    const std::string first = leave(box, at);
    box.add_acknowledgement(ack);
    EXPECT_EQ(first + leave(box), "#handle\nack\n") << at;
  }
}

TEST(outbox, never_puts_anything_into_an_acknowledgement) {
  lines box;
  box.add_acknowledgement(ack);
  EXPECT_EQ(leave(box, 2), "ac");
  box.add("plain");
  box.add_with_handle("h", some_fd(), nullptr);
  box.add_acknowledgement(ack);
  EXPECT_EQ(leave(box), "k\nack\nplain\n#h\n");
}

TEST(outbox, sends_a_refused_frame_four_times) {
  lines box;
  std::string told;
  box.add_with_handle("h", some_fd(), [&](bool taken) { told += taken ? "taken" : "lost"; });
  box.add("held");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(leave(box), "#h\n");
    EXPECT_EQ(told, "");
    EXPECT_EQ(box.size(), 5U) << "what is held back";
    EXPECT_TRUE(box.refused());
  }
  EXPECT_EQ(told, "lost");
  EXPECT_EQ(leave(box), "held\n");
  EXPECT_TRUE(box.empty());
}

TEST(outbox, forgets_earlier_refusals_at_the_next_frame) {
  lines box;
  for (int round = 0; round < 3; ++round) {
    std::string told;
    box.add_with_handle("h", some_fd(), [&](bool taken) { told += taken ? "taken" : "lost"; });
    for (int i = 0; i < 3; ++i) {
      leave(box);
      EXPECT_TRUE(box.refused());
    }
    EXPECT_EQ(leave(box), "#h\n");
    EXPECT_TRUE(box.acknowledged());
    EXPECT_EQ(told, "taken");
  }
}

TEST(outbox, knows_an_answer_that_nobody_waits_for) {
  lines box;
  EXPECT_FALSE(box.acknowledged());
  EXPECT_FALSE(box.refused());
  box.add("plain");
  box.add_with_handle("handle", some_fd(), nullptr);
  EXPECT_FALSE(box.acknowledged()) << "it has not left";
  leave(box, 9);
  EXPECT_FALSE(box.acknowledged()) << "not all of it has left";
  leave(box);
  EXPECT_TRUE(box.acknowledged());
  EXPECT_FALSE(box.acknowledged());
}

TEST(outbox, lets_go_of_a_descriptor_once_it_is_taken) {
  lines box;
  auto fd = some_fd();
  box.add_with_handle("h", fd, nullptr);
  leave(box);
  EXPECT_EQ(fd.use_count(), 2);
  box.acknowledged();
  EXPECT_EQ(fd.use_count(), 1);
}

TEST(outbox, tells_the_owners_of_descriptors_when_it_is_cleared) {
  lines box;
  auto fd = some_fd();
  std::string told;
  for (const char* name : {"1", "2", "3"}) {
    box.add_with_handle("h", fd,
                        [&told, name](bool taken) { told += std::string(name) + (taken ? "taken " : "lost "); });
  }
  box.add("held");
  box.add_acknowledgement(ack);
  leave(box, 3);
  box.clear();
  EXPECT_EQ(told, "1lost 2lost 3lost ");
  EXPECT_EQ(fd.use_count(), 1);
  EXPECT_EQ(box.size(), 0U);
  EXPECT_TRUE(box.empty());
  EXPECT_TRUE(box.next().bytes.empty());
  box.add("again");
  EXPECT_EQ(leave(box), "again\n");
}

TEST(outbox, may_be_filled_by_those_it_tells) {
  lines box;
  box.add_with_handle("h1", some_fd(), [&](bool) { box.add_with_handle("h3", some_fd(), nullptr); });
  box.add_with_handle("h2", some_fd(), nullptr);
  EXPECT_EQ(leave(box), "#h1\n");
  box.acknowledged();
  EXPECT_EQ(leave(box), "#h2\n");
  box.acknowledged();
  EXPECT_EQ(leave(box), "#h3\n");
}

TEST(outbox, towards_its_own_kind_has_a_window_of_descriptors_and_holds_nothing_back) {
  lines box;
  box.widen(2);
  box.add_with_handle("h1", some_fd(), nullptr);
  box.add("1");
  box.add_with_handle("h2", some_fd(), nullptr);
  box.add("2");
  box.add_with_handle("h3", some_fd(), nullptr);
  box.add("3");
  EXPECT_EQ(leave(box), "#h1\n1\n#h2\n2\n");
  EXPECT_TRUE(box.acknowledged());
  EXPECT_EQ(leave(box), "#h3\n3\n");
  EXPECT_TRUE(box.acknowledged());
  EXPECT_FALSE(box.empty()) << "one is under way";
  EXPECT_TRUE(box.acknowledged());
  EXPECT_TRUE(box.empty());
}

TEST(outbox, towards_its_own_kind_waits_with_a_refused_descriptor_until_it_is_taken) {
  lines box;
  box.widen(8);
  std::string told;
  box.add_with_handle("h1", some_fd(), [&](bool taken) { told += taken ? "1 taken " : "1 lost "; });
  box.add_with_handle("h2", some_fd(), [&](bool taken) { told += taken ? "2 taken " : "2 lost "; });
  EXPECT_EQ(leave(box), "#h1\n#h2\n");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(box.refused());
    EXPECT_TRUE(box.postponed());
    EXPECT_FALSE(box.empty());
    EXPECT_EQ(leave(box), "");
    if (i == 0) {
      EXPECT_TRUE(box.acknowledged());
    }
    box.retry();
    EXPECT_FALSE(box.postponed());
    EXPECT_EQ(leave(box), "#h1\n");
  }
  EXPECT_EQ(told, "2 taken ");
  EXPECT_TRUE(box.acknowledged());
  EXPECT_EQ(told, "2 taken 1 taken ");
  EXPECT_TRUE(box.empty());
}

TEST(outbox, gives_a_descriptor_back_soon_that_somebody_else_may_take) {
  lines box;
  box.widen(8);
  std::string told;
  box.add("long plain");
  EXPECT_EQ(leave(box, 11), "long plain\n");
  box.add_with_handle(
      "h", some_fd(), [&](bool taken) { told += taken ? "taken" : "lost"; }, false);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(leave(box), "#h\n");
    EXPECT_EQ(told, "");
    EXPECT_TRUE(box.refused());
  }
  EXPECT_EQ(told, "lost");
  EXPECT_TRUE(box.empty());
}

TEST(outbox, sends_a_refused_descriptor_behind_the_frames_under_way) {
  lines box;
  box.widen(8);
  box.add_with_handle("h", some_fd(), nullptr, false);
  box.add("plain");
  EXPECT_EQ(leave(box, 5), "#h\npla");
  EXPECT_TRUE(box.refused());
  EXPECT_EQ(leave(box), "in\n#h\n");
}

TEST(outbox, counts_what_has_left_once) {
  lines box;
  box.add("12");
  box.add_with_handle("h", some_fd(), nullptr);
  box.add_acknowledgement(ack);
  const auto until_h = box.queued();
  box.add("345");
  const auto all = box.queued();
  leave(box);
  EXPECT_EQ(box.left(), until_h);
  box.refused();
  leave(box);
  EXPECT_EQ(box.left(), until_h);
  box.acknowledged();
  leave(box);
  EXPECT_EQ(box.left(), all);
}

/// What is said of a part is urgent, and the parts themselves are told in pieces.
TEST(outbox, gives_out_the_content_of_a_message_in_parts) {
  constexpr std::size_t usual = brood::detail::wire::default_part;
  lines box;
  box.add("before");
  const std::string frame = "gone" + std::string(2 * usual, 'x') + "end\n";
  box.add_parts(frame, 4, {.begin = 10, .end = 4 + 2 * usual});
  box.add("behind");
  EXPECT_TRUE(box.has_parts());
  EXPECT_EQ(box.size(), 7 + 2 * usual + 3 + 7);
  EXPECT_FALSE(box.next().part);
  box.sent(7);
  outbox::piece piece = box.next();
  EXPECT_TRUE(piece.part && !piece.last);
  EXPECT_EQ(piece.bytes.size(), usual);
  EXPECT_EQ(piece.more, usual);
  box.sent(1000);
  box.add_acknowledgement("of 1000");
  EXPECT_EQ(box.next().bytes, "of 1000\n");
  box.sent(8);
  piece = box.next();
  EXPECT_TRUE(piece.part);
  EXPECT_EQ(piece.more, usual - 1000);
  box.sent(usual - 1000);
  box.sent(usual);
  piece = box.next();
  EXPECT_TRUE(piece.part && piece.last);
  EXPECT_EQ(piece.bytes, "end");
  box.sent(piece.bytes.size());
  EXPECT_FALSE(box.has_parts());
  EXPECT_EQ(leave(box), "behind\n");
  EXPECT_EQ(box.left(), box.queued());
  EXPECT_TRUE(box.empty());
}

TEST(outbox, lets_an_acknowledgement_wait_for_one_large_frame_and_no_more) {
  lines box;
  box.add_large(std::string(100, 'x') + '\n');
  box.add("behind");
  EXPECT_EQ(leave(box, 10), std::string(10, 'x'));
  box.add_acknowledgement("ack");
  EXPECT_EQ(leave(box), std::string(90, 'x') + "\nack\nbehind\n");
}

TEST(outbox, makes_frames_again_of_parts_that_find_no_memory) {
  lines box;
  box.add_parts("first\n", 0, {});
  box.add("between");
  const auto first = box.queued();
  box.add_parts("second\n", 0, {});
  box.do_without_parts();
  EXPECT_EQ(first, 14U) << "nobody is told that it has left before it has";
  EXPECT_FALSE(box.has_parts());
  EXPECT_EQ(box.size(), 6 + 8 + 7U);
  EXPECT_FALSE(box.next().part);
  EXPECT_EQ(leave(box, 3), "fir");
  box.add_acknowledgement("ack");
  EXPECT_EQ(leave(box), "st\nack\nbetween\nsecond\n");
  EXPECT_EQ(box.left(), box.queued());
  EXPECT_TRUE(box.empty());
}

TEST(outbox, lets_an_acknowledgement_between_blocks_that_hold_what_looks_like_one) {
  const auto block = [](std::string_view content) {
    std::string bytes(4, '\0');
    bytes[3] = static_cast<char>(content.size());
    return bytes += content;
  };
  const std::string plain = block("a\nb") + block("") + block(std::string_view("\0\0\0\1x", 5)) + block("end");
  const std::string acknowledgement = block("ack");
  for (std::size_t first = 0; first <= plain.size(); ++first) {
    outbox box(brood::serialization::advanced);
    for (const auto& one : {block("a\nb"), block(""), block(std::string_view("\0\0\0\1x", 5)), block("end")})
      box.add(one);
    std::string all = leave(box, first);
    box.add_urgent(acknowledgement);
    all += leave(box);
    const auto at = all.find(acknowledgement);
    ASSERT_NE(at, std::string::npos) << first;
    EXPECT_TRUE(at >= first && (at == 0 || at == 7 || at == 11 || at == 20 || at == plain.size()))
        << first << ' ' << at;
    EXPECT_EQ(all.erase(at, acknowledgement.size()), plain);
    EXPECT_TRUE(box.empty());
  }
}

}  // namespace

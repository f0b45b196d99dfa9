#include "ipc/outbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <random>

namespace {

using brood::unique_fd;
using brood::ipc::outbox;

constexpr std::string_view ack = "ack";

std::shared_ptr<const unique_fd> some_fd() {
  return std::make_shared<const unique_fd>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// One whose frames are lines, the newline not written out.
struct lines : outbox {
  lines() : outbox(brood::serialization::json) {}
  void add(std::string_view text) { outbox::add(line(text)); }
  void add_with_handle(std::string_view text, std::shared_ptr<const unique_fd> fd, brood::ipc::handle_outcome outcome,
                       bool insist = true) {
    outbox::add_with_handle(line(text), {std::move(fd), std::move(outcome), insist});
  }
  void add_acknowledgement(std::string_view text) { outbox::add_acknowledgement(line(text)); }
  static std::string line(std::string_view text) { return std::string(text) + '\n'; }
};

/// Lets at most `size` bytes leave and tells which; '#' stands where a descriptor went along.
std::string leave(outbox& box, std::size_t size = 1'000'000) {
  std::string left;
  while (size > 0) {
    const outbox::piece piece = box.next();
    if (piece.bytes.empty()) break;
    if (piece.fd >= 0) left += '#';
    const std::size_t now = std::min(size, piece.bytes.size());
    left += piece.bytes.substr(0, now);
    box.sent(now);
    size -= now;
  }
  return left;
}

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

/// The same by the simplest means: a list of frames, of which the first that may leave does.
class model {
 public:
  struct frame {
    std::string text;
    bool handle;
    int attempts = 0;
  };

  void add(std::string text, bool handle) { frames_.push_back({std::move(text), handle}); }
  void add_ack() { ++acks_; }
  bool waits() const { return under_way_; }

  std::size_t size() const {
    std::size_t total = rest_.size() + acks_ * 4;
    for (const frame& one : frames_) total += one.text.size();
    return total;
  }

  std::string leave(std::size_t count) {
    std::string left;
    while (count > 0 && (!rest_.empty() || begin(left))) {
      const std::size_t now = std::min(count, rest_.size());
      left += rest_.substr(0, now);
      rest_.erase(0, now);
      count -= now;
    }
    return left;
  }

  void answer(bool taken) {
    under_way_ = false;
    if (!taken && ++last_.attempts < 4) frames_.insert(frames_.begin(), last_);
  }
  bool complete() const { return under_way_ && !(rest_is_handle_ && !rest_.empty()); }

 private:
  bool begin(std::string& left) {
    rest_is_handle_ = false;
    if (acks_ > 0) {
      --acks_;
      rest_ = "ack\n";
      return true;
    }
    if (under_way_ || frames_.empty()) return false;
    last_ = frames_.front();
    frames_.erase(frames_.begin());
    rest_ = last_.text;
    if (last_.handle) {
      left += '#';
      under_way_ = rest_is_handle_ = true;
    }
    return true;
  }

  std::vector<frame> frames_;
  std::size_t acks_ = 0;
  std::string rest_;
  bool rest_is_handle_ = false;
  bool under_way_ = false;
  frame last_{};
};

TEST(outbox, does_what_the_model_does_in_any_sequence) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](unsigned below) { return random() % below; };
    lines box;
    model expected;
    const auto fd = some_fd();
    std::size_t handles = 0;
    std::size_t told = 0;
    for (int step = 0; step < 200; ++step) {
      const std::string text = "f" + std::to_string(step) + std::string(pick(5), '.');
      switch (pick(6)) {
        case 0:
          box.add(text);
          expected.add(text + '\n', false);
          break;
        case 1:
          ++handles;
          box.add_with_handle(text, fd, [&](bool) { ++told; });
          expected.add(text + '\n', true);
          break;
        case 2:
          box.add_acknowledgement(ack);
          expected.add_ack();
          break;
        case 3: {
          const bool answer = pick(3) != 0;
          const bool due = expected.complete();
          EXPECT_EQ(answer ? box.acknowledged() : box.refused(), due) << "seed " << seed;
          if (due) expected.answer(answer);
          break;
        }
        default: {
          const std::size_t count = pick(12);
          ASSERT_EQ(leave(box, count), expected.leave(count)) << "seed " << seed << " step " << step;
        }
      }
      ASSERT_EQ(box.size(), expected.size()) << "seed " << seed << " step " << step;
    }
    box.clear();
    EXPECT_EQ(told, handles) << "each is told once";
    EXPECT_EQ(box.size(), 0U);
    EXPECT_EQ(fd.use_count(), 1);
  }
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
    box.add_acknowledgement(acknowledgement);
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

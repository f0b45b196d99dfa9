#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "outbox_lines.hpp"

namespace {

using namespace outbox_testing;

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

}  // namespace

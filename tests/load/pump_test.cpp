#include <gtest/gtest.h>

#include <brood/child_process.hpp>

#include "behaviour/support.hpp"
#include "support/apart.hpp"
#include "support/pattern.hpp"

namespace {

using brood_test::loop;
using brood_test::pattern_check;

/// Keeps the child's stdin full, and no fuller.
class feeder {
 public:
  feeder(brood::writable& to, std::uint64_t bytes) : to_(to), left_(bytes) {}

  void feed() {
    while (left_ != 0) {
      const auto piece = text_.from(sent_).substr(0, std::min<std::uint64_t>(left_, 256 * 1024));
      sent_ += piece.size();
      left_ -= piece.size();
      if (!to_.write(piece)) {
        return to_.async_drained([this](brood::error_code ec) {
          EXPECT_FALSE(ec);
          if (!ec) feed();
        });
      }
    }
    to_.end();
  }

 private:
  brood::writable& to_;
  const brood_test::pattern text_{0};
  std::uint64_t sent_ = 0;
  std::uint64_t left_;
};

// The dead-lock of naive programs: who writes and does not read, or reads one pipe and not the other, stands still once
// all pipes are full.
TEST(pump, all_three_pipes_at_once_byte_for_byte_on_one_thread) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(brood_test::load(256, 256, 32)) << 20;
  loop io;
  auto child = brood::spawn(io, brood_test::actor("pump"), {std::to_string(bytes)});
  pattern_check out(1);
  pattern_check err(2);
  child.out().on_data([&](std::string_view data) { out.take(data); });
  child.err().on_data([&](std::string_view data) { err.take(data); });
  feeder in(child.in(), bytes);
  in.feed();
  io.run();
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0)) << "it has read what was written to it";
  EXPECT_TRUE(out.right());
  EXPECT_TRUE(err.right());
  EXPECT_EQ(out.size(), bytes);
  EXPECT_EQ(err.size(), bytes);
}

}  // namespace

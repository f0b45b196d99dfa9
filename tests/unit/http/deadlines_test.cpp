#include "http/deadlines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace brood::http::detail {
namespace {

/// Turns the wheel and tells who was late at which tick.
class wheel_test {
 public:
  deadlines wheel;

  std::vector<tick> late_at(deadline& d, tick turns) {
    std::vector<tick> result;
    for (tick i = 0; i < turns; ++i) {
      wheel.turn([&](deadline& late) {
        if (&late == &d) result.push_back(wheel.now());
      });
    }
    return result;
  }
};

TEST(deadlines, are_met_on_the_tick_and_once) {
  for (const tick due : {1u, 2u, 63u, 64u, 65u, 127u, 128u, 1000u}) {
    wheel_test t;
    deadline d;
    t.wheel.set(d, due);
    EXPECT_EQ(t.late_at(d, 1200), std::vector<tick>{due});
  }
}

TEST(deadlines, can_be_put_off_and_brought_forward) {
  wheel_test t;
  deadline d;
  t.wheel.set(d, 10);
  EXPECT_TRUE(t.late_at(d, 5).empty());
  t.wheel.set(d, 100);
  EXPECT_TRUE(t.late_at(d, 20).empty());
  t.wheel.set(d, 30);
  EXPECT_EQ(t.late_at(d, 100), std::vector<tick>{30});
}

TEST(deadlines, can_be_suspended_and_set_again) {
  wheel_test t;
  deadline d;
  t.wheel.set(d, 3);
  deadlines::suspend(d);
  EXPECT_TRUE(t.late_at(d, 200).empty());
  t.wheel.set(d, 210);
  deadlines::suspend(d);
  t.wheel.set(d, 220);
  EXPECT_EQ(t.late_at(d, 200), std::vector<tick>{220});
}

TEST(deadlines, can_leave_at_any_time) {
  wheel_test t;
  deadline a;
  {
    deadline b;
    t.wheel.set(a, 2);
    t.wheel.set(b, 2);
    deadlines::remove(b);
    deadlines::remove(b);
  }
  EXPECT_EQ(t.late_at(a, 5), std::vector<tick>{2});
}

TEST(deadlines, may_be_changed_while_they_are_told) {
  deadlines wheel;
  deadline first;
  deadline second;
  wheel.set(first, 1);
  wheel.set(second, 1);
  std::vector<tick> told;
  for (int i = 0; i < 200; ++i) {
    wheel.turn([&](deadline& d) {
      told.push_back(wheel.now());
      deadlines::remove(second);  // it waits in the very list that is walked
      if (&d == &first) wheel.set(first, wheel.now() + 64);
    });
  }
  EXPECT_EQ(told, (std::vector<tick>{1, 65, 129, 193}));
}

TEST(deadlines, keep_thousands_apart) {
  deadlines wheel;
  std::vector<deadline> all(5000);
  for (std::size_t i = 0; i < all.size(); ++i) wheel.set(all[i], 1 + i % 300);
  std::size_t late = 0;
  for (tick now = 1; now <= 300; ++now) {
    std::size_t here = 0;
    wheel.turn([&](deadline& d) {
      EXPECT_EQ((&d - all.data()) % 300 + 1, static_cast<std::ptrdiff_t>(wheel.now()));
      ++here;
    });
    EXPECT_GE(here, all.size() / 300);
    late += here;
  }
  EXPECT_EQ(late, all.size());
}

}  // namespace
}  // namespace brood::http::detail

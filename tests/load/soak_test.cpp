#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <brood/child_process.hpp>
#include <fstream>
#include <list>
#include <thread>

#include "behaviour/support.hpp"
#include "support/apart.hpp"

namespace {

using brood::exit_status;
using brood_test::loop;

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

constexpr int loops_at_once = 5;
constexpr int at_a_time = 100;

/// One thread's loop: starts `total` children, never more than 100 at a time, and counts those that came to the right
/// end.
class soak {
 public:
  explicit soak(int total) : left_(total) {}

  int run() {
    for (int i = 0; i < at_a_time; ++i) start();
    io_.run();
    return right_;
  }

 private:
  void start() {
    if (left_ == 0) return;
    const int code = --left_ % 256;
    auto& child = children_.emplace_back(brood::spawn(io_, "/bin/sh", {"-c", "exit " + std::to_string(code)}));
    child.closed.on([this, code, which = std::prev(children_.end())](const exit_status& status) {
      right_ += status == exit_status::exited(code) ? 1 : 0;
      children_.erase(which);
      start();
    });
  }

  loop io_;
  std::list<brood::child_process> children_;
  int left_;
  int right_ = 0;
};

/// On several threads, since each start waits for its child to be given a processor, which takes its time on a machine
/// that has other things to do.
int run_soak(int total) {
  std::atomic<int> right = 0;
  std::vector<std::jthread> all;
  for (int i = 0; i < loops_at_once; ++i) all.emplace_back([&] { right += soak(total / loops_at_once).run(); });
  all.clear();
  return right;
}

TEST(soak, thousands_of_children_leave_nothing_behind) {
  const int total = brood_test::load(4000, 20'000, 1000);
  brood_test::raise_descriptor_limit();
  EXPECT_EQ(run_soak(1000), 1000);  // until the allocator has what 500 children need
  const auto descriptors = brood_test::open_descriptors();
  const auto heap = brood_test::heap_in_use();
  const auto resident = resident_bytes();
  EXPECT_EQ(run_soak(total), total);
  EXPECT_EQ(brood_test::open_descriptors(), descriptors);
  EXPECT_LE(brood_test::heap_in_use(), heap + 16 * 1024) << "not four bytes a child";
#ifndef BROOD_SANITIZED
  EXPECT_LE(resident_bytes(), resident + (2 << 20));
#else
  static_cast<void>(resident);  // freed memory is held back to be watched
#endif
  EXPECT_FALSE(brood_test::has_children()) << "no zombies";
}

}  // namespace

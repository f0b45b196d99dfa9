#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <brood/exec.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "behaviour/support.hpp"
#include "support/apart.hpp"

// Many loops on many threads, in a process whose other code does as it likes with the signals and the statuses of
// children: each status is the right one, or there is the error that says it is lost. Never a made-up code.

namespace {

using brood::exit_status;
using brood_test::loop;

constexpr int threads = 8;

/// What other code has collected, by pid.
struct collection {
  std::mutex mutex{};
  std::map<pid_t, int> statuses{};
};

/// How the children of all threads ended.
struct tally {
  std::atomic<int> right = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> wrong = 0;
  collection stolen{};
  collection missed{};  // with the code that each must have had

  void count(pid_t pid, int code, brood::error_code ec, const exit_status& status) {
    if (!ec && status == exit_status::exited(code)) {
      ++right;
    } else if (ec == brood::errc::status_lost && status.lost()) {
      ++lost;
      const std::lock_guard lock(missed.mutex);
      missed.statuses[pid] = code;
    } else {
      ++wrong;
    }
  }
};

/// Half by spawn, half by exec, ten at a time.
void start_children(int count, tally& all) {
  for (int done = 0; done < count; done += 10) {
    loop io;
    std::vector<brood::child_process> children;
    for (int i = 0; i < 10; ++i) {
      const int code = (done + i) % 256;
      const std::string line = "exit " + std::to_string(code);
      if (i % 2 == 0) {
        children.push_back(brood::spawn(io, "/bin/sh", {"-c", line}));
        children.back().exited.async_wait([&all, code, pid = children.back().pid()](auto ec, const auto& status) {
          all.count(pid, code, ec, status);
        });
      } else {
        auto run = brood::exec(io, line);
        run.async_result([&all, code, pid = run.child().pid()](auto ec, const auto& result) {
          all.count(pid, code, ec, result.status);
        });
      }
    }
    io.run();
  }
}

void on_all_threads(int each, tally& all) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back([&, each] { start_children(each, all); });
  for (auto& one : running) one.join();
}

TEST(loops, each_child_gets_its_own_status) {
  const int each = brood_test::load(100, 500, 30);
  tally all;
  on_all_threads(each, all);
  EXPECT_EQ(all.right, threads * each);
}

TEST(loops, a_thread_that_waits_for_any_child_makes_statuses_lost_but_never_wrong) {
  const int each = brood_test::load(100, 500, 30);
  tally all;
  std::atomic<bool> stop = false;
  std::thread thief([&] {
    while (!stop) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid > 0) {
        const std::lock_guard lock(all.stolen.mutex);
        all.stolen.statuses[pid] = status;
      } else {
        std::this_thread::yield();
      }
    }
  });
  on_all_threads(each, all);
  stop = true;
  thief.join();
  EXPECT_EQ(all.wrong, 0);
  EXPECT_EQ(all.right + all.lost, threads * each);
  for (const auto& [pid, code] : all.missed.statuses) {
    ASSERT_TRUE(all.stolen.statuses.contains(pid)) << "told as lost, yet nobody else has it";
    EXPECT_EQ(WEXITSTATUS(all.stolen.statuses[pid]), code);
  }
}

TEST(loops, a_process_that_ignores_sigchld_gets_no_status_and_is_told_so) {
  const int each = brood_test::load(50, 200, 20);
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  tally all;
  on_all_threads(each, all);
  ::signal(SIGCHLD, before);
  EXPECT_EQ(all.wrong, 0);
  EXPECT_EQ(all.lost, threads * each) << "the kernel throws them away";
}

TEST(loops, leave_no_zombie_behind) {
  const auto before = brood_test::open_descriptors();
  const int count = brood_test::load(1000, 10'000, 100);
  for (int i = 0; i < count; ++i) {
    loop io;
    auto child = brood::spawn(io, "true", {}, {.on_drop = i % 2 == 0 ? brood::on_drop::kill : brood::on_drop::leave});
  }
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(loops, a_start_that_fails_is_told_even_where_sigchld_is_ignored) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  loop io;
  EXPECT_THROW(brood::spawn(io, "/no/such/program"), brood::spawn_error);
  ::signal(SIGCHLD, before);
}

}  // namespace

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "behaviour/cluster_support.hpp"
#include "support/apart.hpp"

// Hundreds of workers on one port.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;
using cluster::scheduling;

int total(const std::map<std::string, int>& shares) {
  int sum = 0;
  for (const auto& [answer, count] : shares) sum += answer.empty() ? 0 : count;
  return sum;
}

class many_workers : public testing::TestWithParam<scheduling> {};

TEST_P(many_workers, come_up_serve_and_go) {
  raise_descriptor_limit();
  const int count = load(500, 1000, 40);
  const auto descriptors = open_descriptors();
  {
    loop io;
    auto with = echo_workers();
    with.scheduling = GetParam();
    with.drain = 60'000ms;
    const auto heap = heap_in_use();
    cluster::primary primary{io, with};
    if (primary.scheduling() != GetParam()) GTEST_SKIP() << "the kernel does not allow it here";
    std::map<std::string, int> shares;
    std::size_t memory = 0;
    int listening = 0;
    int ended = 0;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      if (++listening != count) return;
      memory = heap_in_use() - heap;
      ask_often(io, at_loopback(where.port), 2 * count, [&](std::map<std::string, int> result) {
        shares = std::move(result);
        primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
      });
    });
    primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
      EXPECT_EQ(status, brood::exit_status::exited(0)) << w.id();
      ++ended;
    });
    for (int i = 0; i < count; ++i) primary.fork();
    io.run();
    EXPECT_EQ(ended, count);
    EXPECT_EQ(total(shares), 2 * count);
    const auto each = memory / static_cast<std::size_t>(count);
    RecordProperty("bytes_a_worker", static_cast<int>(each));
    EXPECT_LT(each, 128'000U);  // most of it is the buffer of its channel
    if (GetParam() != scheduling::shared) {
      EXPECT_EQ(shares.size(), static_cast<std::size_t>(count));
      for (const auto& [answer, times] : shares) EXPECT_EQ(times, 2) << answer;
    }
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_FALSE(has_children());
}

INSTANTIATE_TEST_SUITE_P(under, many_workers,
                         testing::Values(scheduling::kernel_round_robin, scheduling::kernel_least_loaded,
                                         scheduling::round_robin, scheduling::shared),
                         [](const auto& one) { return to_string(one.param); });

/// Starts workers as long as there are descriptors for them, and gives the reason why there are no more.
std::string until_the_limit(rlim_t limit) {
  const rlimit few{.rlim_cur = limit, .rlim_max = limit};
  ::setrlimit(RLIMIT_NOFILE, &few);
  loop io;
  auto with = echo_workers();
  with.scheduling = scheduling::round_robin;
  cluster::primary primary{io, with};
  std::string why;
  int started = 0;
  try {
    for (; started < 100; ++started) primary.fork();
  } catch (const brood::spawn_error& error) {
    why = error.what();
  }
  // Those that there are serve and go as if nothing had been.
  int listening = 0;
  int served = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address&) {
    if (++listening == started) primary.async_disconnect([&](brood::error_code) { served = started; });
  });
  io.run();
  return served < 10 ? "only " + std::to_string(served) : why;
}

TEST(too_many_workers, are_refused_by_an_error_that_names_the_limit) {
  if (needs_descriptors_itself()) GTEST_SKIP() << "the sanitizer opens descriptors of its own";
  const std::string why = apart([] { return until_the_limit(64); });
  EXPECT_TRUE(why.starts_with("spawn: cannot create a p") &&
              why.ends_with(": Too many open files (RLIMIT_NOFILE is 64)"))
      << why;
}

}  // namespace

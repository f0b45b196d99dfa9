#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <stdexcept>

#include "cluster_support.hpp"

// Workers that cannot live, that have served long enough, and that finish what they are serving.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;

class life : public testing::Test {
 protected:
  static void end(cluster::primary& primary) {
    primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }

  /// Workers that are this line of shell, and a primary that never gives up.
  static cluster::settings shell(const std::string& line) {
    cluster::settings with{.exec = "/bin/sh", .args = {{"-c", line}}};
    with.restart = {.initial_delay = 1ms, .factor = 1, .max_delay = 2ms, .min_uptime = 3'600'000ms};
    return with;
  }
  loop io;
};

TEST_F(life, a_crash_loop_is_told_with_reason_count_and_last_words) {
  auto with = shell("echo 'cannot read the configuration' >&2; exit 3");
  std::map<int, std::string> heard;
  std::vector<std::string> logged;
  with.on_err = [&](cluster::worker& w, std::string_view data) { heard[w.id()] += data; };
  with.log = [&](brood::log_level level, std::string_view text) {
    if (level == brood::log_level::error) logged.emplace_back(text);
  };
  cluster::primary primary{io, with};
  bool enough = false;
  primary.exited.on([&](cluster::worker&, brood::exit_status) {
    if (!enough) primary.fork();
  });
  EXPECT_FALSE(primary.crash_loop());
  std::set<int> failures;
  primary.crash_looping.on([&](const cluster::crash_loop& report) {
    failures.insert(report.failures);
    EXPECT_EQ(report.status, brood::exit_status::exited(3));
    EXPECT_EQ(report.reason, "worker " + std::to_string(report.worker) + " exited with code 3");
    EXPECT_EQ(report.last_stderr, "cannot read the configuration\n");
    EXPECT_EQ(heard[report.worker], report.last_stderr);
    EXPECT_GT(report.wait, 0ms);
    EXPECT_EQ(primary.crash_loop()->failures, report.failures);
    // The next one may have died before all was heard from this one.
    if (report.failures >= 5 && !std::exchange(enough, true)) end(primary);
  });
  primary.fork();
  io.run();
  EXPECT_GE(failures.size(), 3U);
  EXPECT_EQ(*failures.begin(), 3);
  EXPECT_EQ(logged.size(), failures.size());
  const std::string line =
      "crash loop: worker 3 exited with code 3; 3 consecutive generations exited too soon after their start";
  EXPECT_NE(std::find(logged.begin(), logged.end(), line), logged.end());
}

TEST_F(life, without_on_err_a_crash_loop_has_no_words_and_an_alarm_of_none_is_silent) {
  for (int alarm : {1, 0}) {
    auto with = shell("exit 4");
    with.restart.crash_loop_threshold = alarm;
    cluster::primary primary{io, with};
    int deaths = 0;
    int told = 0;
    primary.exited.on(
        [&](cluster::worker&, brood::exit_status) { ++deaths < 4 ? void(primary.fork()) : end(primary); });
    primary.crash_looping.on([&](const cluster::crash_loop& report) {
      ++told;
      EXPECT_EQ(report.last_stderr, "");
    });
    primary.fork();
    io.run();
    io.restart();
    EXPECT_EQ(told, alarm == 0 ? 0 : 4);
    EXPECT_EQ(primary.crash_loop().has_value(), alarm != 0);
  }
}

TEST_F(life, a_crash_loop_is_over_when_a_worker_has_lived) {
  auto with = shell("exec sleep 60");
  with.restart.min_uptime = 500ms;
  with.restart.crash_loop_threshold = 1;
  with.drain = 0ms;  // it does not know how to go
  cluster::primary primary{io, with};
  asio::steady_timer poll{io};
  bool over = false;
  std::function<void(brood::error_code)> look = [&](brood::error_code) {
    over = !primary.crash_loop();
    if (over) return end(primary);
    poll.expires_after(2ms);
    poll.async_wait(look);
  };
  primary.crash_looping.on([&](const cluster::crash_loop&) {
    EXPECT_TRUE(primary.crash_loop());
    primary.fork();
    look({});
  });
  primary.fork().kill(SIGKILL);
  io.run();
  EXPECT_TRUE(over);
}

class recycling : public life {
 protected:
  static cluster::settings workers() {
    auto with = echo_workers();
    with.restart.min_uptime = 0ms;
    with.recycle.check_interval = 2ms;
    with.recycle.jitter = 0;
    return with;
  }
};

TEST_F(recycling, by_connections_replaces_workers_one_at_a_time_and_loses_none) {
  for (auto how : {cluster::scheduling::round_robin, cluster::scheduling::automatic}) {
    auto with = workers();
    with.scheduling = how;
    with.recycle.max_connections = 20;
    cluster::primary primary{io, with};
    std::size_t most = 0;
    std::set<int> ended;
    std::map<std::string, int> shares;
    std::uint16_t port = 0;
    primary.forked.on([&](cluster::worker&) { most = std::max(most, primary.workers().size()); });
    primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
      EXPECT_EQ(status, brood::exit_status::exited(0));
      EXPECT_TRUE(w.exited_after_disconnect());
      ended.insert(w.id());
    });
    std::function<void()> more = [&] {
      ask_often(io, at_loopback(port), 10, [&](const std::map<std::string, int>& some) {
        for (const auto& [answer, count] : some) shares[answer] += count;
        if (!ended.contains(1) || !ended.contains(2) || !ended.contains(3)) return more();
        end(primary);
      });
    };
    int listening = 0;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      port = where.port;
      if (++listening == 2) more();
    });
    primary.fork();
    primary.fork();
    io.run();
    io.restart();
    EXPECT_EQ(shares.count(""), 0U) << "clients that were let down";
    EXPECT_EQ(most, 3U);
  }
}

TEST_F(recycling, by_age_and_by_memory) {
  for (bool by_age : {true, false}) {
    auto with = workers();
    if (by_age) with.recycle.max_age = 30ms;
    if (!by_age) with.recycle.max_rss = 1;
    std::vector<std::string> logged;
    with.log = [&](brood::log_level, std::string_view text) { logged.emplace_back(text); };
    cluster::primary primary{io, with};
    primary.exited.on([&](cluster::worker& w, brood::exit_status) {
      if (w.id() == 2) end(primary);
    });
    primary.fork();
    io.run();
    io.restart();
    ASSERT_GE(logged.size(), 2U);
    const std::string expected = by_age ? "worker 1 is 0 s old and is replaced" : " MiB of memory and is replaced";
    EXPECT_NE(logged.front().find(expected), std::string::npos) << logged.front();
  }
}

TEST_F(recycling, a_successor_that_does_not_get_ready_leaves_the_old_one) {
  auto with = workers();
  with.recycle.max_rss = 1;
  with.env.set("FROM_WORKER_3", "exit");
  std::vector<std::string> logged;
  with.log = [&](brood::log_level level, std::string_view text) {
    if (level == brood::log_level::warning) logged.emplace_back(text);
  };
  cluster::primary primary{io, with};
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address&) {
    if (++listening == 1) primary.fork();
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status) {
    if (w.id() < 3) return;
    asio::post(io, [&] {
      EXPECT_TRUE(primary.find(2));
      end(primary);
    });
  });
  primary.fork();
  io.run();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged.front(), "not replaced: worker 3 exited with code 9 before it was ready");
}

TEST_F(recycling, a_reload_that_is_asked_for_meanwhile_comes_after_it) {
  auto with = workers();
  with.recycle.max_age = 1ms;
  cluster::primary primary{io, with};
  std::optional<cluster::reload_result> verdict;
  primary.forked.on([&](cluster::worker& w) {
    if (w.id() != 2) return;  // the successor of the only one
    primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result& v) {
      EXPECT_FALSE(ec);
      verdict = v;
      end(primary);
    });
  });
  primary.fork();
  io.run();
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->replaced, 1U);
}

TEST_F(life, settings_that_make_no_sense_are_refused) {
  auto with = shell("exit 0");
  with.stop = {};
  EXPECT_THROW(cluster::primary(io, with), std::invalid_argument);
  for (const auto& stream : {brood::stdio::pipe, brood::stdio::channel}) {
    with = shell("exit 0");
    with.out = stream;
    EXPECT_THROW(cluster::primary(io, with), std::invalid_argument) << "nobody would read it";
  }
}

TEST_F(recycling, limits_that_make_no_sense_are_refused) {
  auto with = workers();
  with.recycle.jitter = 1.5;
  EXPECT_THROW(cluster::primary(io, with), std::invalid_argument);
  with.recycle = {.max_age = -1ms};
  EXPECT_THROW(cluster::primary(io, with), std::invalid_argument);
  with.recycle = {.check_interval = 0ms};
  EXPECT_THROW(cluster::primary(io, with), std::invalid_argument);
}

class a_drain : public life, public testing::WithParamInterface<cluster::scheduling> {};

TEST_P(a_drain, tells_how_many_connections_are_left) {
  auto with = echo_workers();
  with.exec = actor("keeping_worker");
  with.scheduling = GetParam();
  with.drain = 60'000ms;
  cluster::primary primary{io, with};
  std::vector<std::shared_ptr<tcp::socket>> clients;
  std::vector<std::size_t> left;
  primary.draining.on([&](cluster::worker& w, std::size_t open) {
    EXPECT_TRUE(w.exited_after_disconnect());
    left.push_back(open);
    // A report may have left before the worker had counted what it was just given; then another one follows.
    if (clients.size() <= open && !clients.empty()) clients.pop_back();
  });
  int connected = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_shared<tcp::socket>(io));
      clients.back()->connect(at_loopback(where.port));
      auto line = std::make_shared<std::string>();
      asio::async_read_until(*clients.back(), asio::dynamic_buffer(*line), '\n',
                             [&, line](brood::error_code ec, std::size_t) {
                               if (!ec && ++connected == 3) end(primary);
                             });
    }
  });
  primary.exited.on(
      [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
  primary.fork();
  io.run();
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.back(), 0U);
  for (std::size_t open : {3U, 2U, 1U}) EXPECT_NE(std::find(left.begin(), left.end(), open), left.end()) << open;
}

INSTANTIATE_TEST_SUITE_P(under, a_drain,
                         testing::Values(cluster::scheduling::automatic, cluster::scheduling::round_robin),
                         [](const auto& one) { return to_string(one.param); });

}  // namespace

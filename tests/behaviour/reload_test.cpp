#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <vector>

#include "cluster_support.hpp"

// A new generation in place of the old one, and workers that stand still.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;

cluster::settings patient_workers(brood::arguments args = {"0"}) {
  auto with = echo_workers(std::move(args));
  with.drain = 60'000ms;
  return with;
}

/// Keeps `count` clients asking, one connection after another each, until told to stop.
struct crowd {
  crowd(loop& loop, int how_many) : io(loop), count(how_many) {}

  void start(std::uint16_t at) {
    port = at;
    for (int i = 0; i < count; ++i) next();
  }
  void next() {
    ++asked;
    client::ask(io, at_loopback(port), "", [this](const std::string& answer) {
      ++(answer.empty() ? lost : answered);
      if (!stopped) return next();
      if (asked == answered + lost && done) done();
    });
  }
  void stop(std::function<void()> then) {
    stopped = true;
    done = std::move(then);
  }

  loop& io;
  int count;
  std::uint16_t port = 0;
  int asked = 0;
  int answered = 0;
  int lost = 0;
  bool stopped = false;
  std::function<void()> done{};
};

class reload_under : public testing::TestWithParam<cluster::scheduling> {};

TEST_P(reload_under, load_loses_no_connection) {
  constexpr int reloads = 3;
  loop io;
  auto with = patient_workers();
  with.scheduling = GetParam();
  cluster::primary primary{io, with};
  crowd clients(io, 16);
  int done = 0;
  int unwanted = 0;
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(0)) << w.id();
    if (!w.exited_after_disconnect()) ++unwanted;
  });
  std::function<void()> again = [&] {
    primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result& verdict) {
      EXPECT_FALSE(ec);
      EXPECT_TRUE(verdict) << verdict.reason;
      EXPECT_EQ(verdict.replaced, 2U);
      EXPECT_EQ(primary.workers().size(), 2U);
      if (++done < reloads) return again();
      clients.stop([&] { primary.async_disconnect([](brood::error_code) {}); });
    });
  };
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    clients.start(where.port);
    again();
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(done, reloads);
  EXPECT_EQ(clients.lost, 0) << "of " << clients.asked;
  EXPECT_EQ(unwanted, 0);
}

INSTANTIATE_TEST_SUITE_P(with, reload_under,
                         testing::Values(cluster::scheduling::automatic, cluster::scheduling::round_robin,
                                         cluster::scheduling::shared),
                         [](const auto& one) { return to_string(one.param); });

TEST(reload, in_steps_has_never_more_than_the_surge_beside_the_old_ones) {
  loop io;
  cluster::primary primary{io, patient_workers()};
  std::size_t most = 0;
  primary.forked.on([&](cluster::worker&) { most = std::max(most, primary.workers().size()); });
  int ready = 0;
  const auto first_ready = [&] {
    if (++ready != 3) return;
    primary.async_reload({.surge = 1}, [&](brood::error_code ec, const cluster::reload_result& verdict) {
      EXPECT_FALSE(ec);
      EXPECT_EQ(verdict.replaced, 3U);
      EXPECT_EQ(verdict.kept, 0U);
      std::set<int> ids;
      for (auto w : primary.workers()) ids.insert(w.id());
      EXPECT_EQ(ids, (std::set<int>{4, 5, 6}));
      primary.async_disconnect([](brood::error_code) {});
    });
  };
  for (int i = 0; i < 3; ++i) primary.fork().ready.on(first_ready);
  io.run();
  EXPECT_EQ(most, 4U);
}

/// Reloads a cluster of two into workers that do not get ready, and tells the verdict. The old ones must go on.
cluster::reload_result fail_to_reload(brood::environment fresh, cluster::reload_options how) {
  loop io;
  auto with = patient_workers();
  with.explicit_ready = true;
  with.stop = {{SIGTERM, 50ms}, {SIGKILL, 0ms}};
  cluster::primary primary{io, with};
  cluster::reload_result told;
  std::uint16_t port = 0;
  int ready = 0;
  std::set<int> forked;
  int answered = 0;
  primary.forked.on([&](cluster::worker& w) { forked.insert(w.id()); });
  primary.listening.on([&](cluster::worker&, const cluster::address& where) { port = where.port; });
  primary.exited.on([&](cluster::worker& w, brood::exit_status) {
    EXPECT_TRUE(w.exited_after_disconnect()) << w.id() << ": the program would start another";
  });
  for (int i = 0; i < 2; ++i) {
    auto w = primary.fork(fresh);
    w.ready.on([&] {
      if (++ready != 2) return;
      primary.async_reload(how, [&](brood::error_code ec, const cluster::reload_result& verdict) {
        EXPECT_FALSE(ec);
        told = verdict;
        EXPECT_EQ(primary.workers().size(), 2U);
        EXPECT_TRUE(primary.find(1));
        EXPECT_TRUE(primary.find(2));
        ask_often(io, at_loopback(port), 10, [&](const std::map<std::string, int>& shares) {
          for (const auto& [answer, count] : shares) answered += answer.empty() ? 0 : count;
          primary.async_disconnect([](brood::error_code) {});
        });
      });
    });
  }
  io.run();
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(forked, (std::set<int>{1, 2, 3, 4}));
  return told;
}

TEST(reload, into_workers_that_die_leaves_the_old_ones) {
  const auto verdict = fail_to_reload(brood::environment{}.set("FROM_WORKER_3", "exit"), {});
  EXPECT_FALSE(verdict);
  EXPECT_EQ(verdict.replaced, 0U);
  EXPECT_EQ(verdict.kept, 2U);
  EXPECT_EQ(verdict.status, brood::exit_status::exited(9));
  EXPECT_TRUE(verdict.reason == "worker 3 exited with code 9 before it was ready" ||
              verdict.reason == "worker 4 exited with code 9 before it was ready")
      << verdict.reason;
}

TEST(reload, into_workers_that_never_get_ready_leaves_the_old_ones) {
  const auto verdict = fail_to_reload(brood::environment{}.set("FROM_WORKER_3", "hang"), {.ready_timeout = 300ms});
  EXPECT_EQ(verdict.kept, 2U);
  EXPECT_EQ(verdict.reason, "worker 3 was not ready in time");
}

class a_reload_that_fails_under : public testing::TestWithParam<cluster::scheduling> {};

TEST_P(a_reload_that_fails_under, clients_of_a_new_worker_lets_it_finish_what_it_serves) {
  // Worker 3 listens and has a client; worker 4 never gets so far.
  loop io;
  auto with = patient_workers();
  with.exec = actor("keeping_worker");
  with.scheduling = GetParam();
  cluster::primary primary{io, with};
  std::vector<std::shared_ptr<client>> clients;
  bool served = false;
  std::optional<brood::exit_status> third;
  const auto come = [&](std::uint16_t port) {
    for (int i = 0; i < 8; ++i) {
      auto& one = clients.emplace_back(std::make_shared<client>(io, ""));
      one->socket.connect(at_loopback(port));
      asio::async_read_until(one->socket, asio::dynamic_buffer(one->answer), '\n',
                             [&, one](brood::error_code, std::size_t) {
                               if (one->answer != "worker 3\n" || std::exchange(served, true)) return;
                               primary.find(4)->kill(SIGKILL);
                             });
    }
  };
  primary.forked.on([&](cluster::worker& w) {
    if (w.id() == 4) w.kill(SIGSTOP);
  });
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    if (w.id() == 3) come(where.port);
  });
  primary.draining.on([&](cluster::worker& w, std::size_t) {
    if (w.id() == 3) clients.clear();
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    if (w.id() == 3) third = status;
  });
  int ready = 0;
  for (int i = 0; i < 2; ++i) {
    primary.fork().ready.on([&] {
      if (++ready != 2) return;
      primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result& verdict) {
        EXPECT_FALSE(ec);
        EXPECT_EQ(verdict.kept, 2U);
        EXPECT_EQ(verdict.reason, "worker 4 killed by SIGKILL before it was ready");
        clients.clear();
        primary.async_disconnect([](brood::error_code) {});
      });
    });
  }
  io.run();
  EXPECT_TRUE(served);
  EXPECT_EQ(third, brood::exit_status::exited(0));
}

INSTANTIATE_TEST_SUITE_P(with, a_reload_that_fails_under,
                         testing::Values(cluster::scheduling::automatic, cluster::scheduling::round_robin),
                         [](const auto& one) { return to_string(one.param); });

TEST(reload, one_at_a_time) {
  loop io;
  cluster::primary primary{io, patient_workers()};
  int ends = 0;
  primary.fork().ready.on([&] {
    primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result&) {
      EXPECT_FALSE(ec);
      if (++ends == 2) primary.async_disconnect([](brood::error_code) {});
    });
    primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result&) {
      EXPECT_EQ(ec, boost::asio::error::already_started);
      if (++ends == 2) primary.async_disconnect([](brood::error_code) {});
    });
  });
  io.run();
  EXPECT_EQ(ends, 2);
}

TEST(reload, ends_with_the_cluster) {
  loop io;
  cluster::primary primary{io, patient_workers()};
  bool aborted = false;
  primary.fork().ready.on([&] {
    primary.async_reload({}, [&](brood::error_code ec, const cluster::reload_result&) {
      EXPECT_EQ(ec, boost::asio::error::operation_aborted);
      aborted = true;
    });
    primary.async_disconnect([](brood::error_code) {});
  });
  io.run();
  EXPECT_TRUE(aborted);
  EXPECT_TRUE(primary.workers().empty());
}

class a_worker_that_stands_still : public testing::TestWithParam<std::pair<cluster::scheduling, std::string>> {};

TEST_P(a_worker_that_stands_still, is_ended_and_its_connections_are_served) {
  constexpr int count = 40;
  loop io;
  auto with = patient_workers();
  with.exec = actor(GetParam().second);
  with.scheduling = GetParam().first;
  with.restart.min_uptime = 0ms;
  with.heartbeat = 3000ms;
  with.stop = {{SIGKILL, 0ms}};
  std::string line;
  with.log = [&](brood::log_level level, std::string_view text) {
    if (level == brood::log_level::warning) line = text;
  };
  cluster::primary primary{io, with};
  int answered = 0;
  int lost = 0;
  bool replaced = false;
  const auto end_if_done = [&] {
    if (answered + lost == count && replaced) primary.async_disconnect([](brood::error_code) {});
  };
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    if (w.exited_after_disconnect()) return;
    EXPECT_EQ(w.id(), 1);
    EXPECT_EQ(status, brood::exit_status::killed(SIGKILL));
    primary.fork().ready.on([&] {
      replaced = true;
      end_if_done();
    });
  });
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < count; ++i) {
      auto one = std::make_shared<client>(io, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      one->socket.connect(at_loopback(where.port));
      one->talk([&](const std::string& answer) {
        ++(answer.empty() ? lost : answered);
        end_if_done();
      });
    }
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(answered, count);
  EXPECT_EQ(line, "worker 1 did not respond for 3000 ms and is being stopped");
}

INSTANTIATE_TEST_SUITE_P(under, a_worker_that_stands_still,
                         testing::Values(std::pair{cluster::scheduling::automatic, std::string("echo_worker")},
                                         std::pair{cluster::scheduling::round_robin, std::string("echo_worker")},
                                         std::pair{cluster::scheduling::shared, std::string("echo_worker")},
                                         std::pair{cluster::scheduling::automatic, std::string("node_worker.js")}),
                         [](const auto& one) {
                           return to_string(one.param.first) + (one.param.second == "echo_worker" ? "" : "_of_node");
                         });

}  // namespace

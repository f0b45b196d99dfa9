#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <set>

#include "cluster_support.hpp"

// What holds under every scheduling. The kernel ones need the right to load eBPF programs; without it these tests are
// skipped, and confined_test.cpp shows what happens instead.

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

class each_scheduling : public testing::TestWithParam<scheduling> {
 protected:
  void SetUp() override {
    loop io;
    if (cluster::primary(io, workers()).scheduling() != GetParam()) GTEST_SKIP() << "the kernel does not allow it here";
  }

  static cluster::settings workers(brood::arguments args = {"0"}) {
    auto with = echo_workers(std::move(args));
    with.scheduling = GetParam();
    with.drain = 60'000ms;
    with.restart.min_uptime = 0ms;  // a worker killed in a test is no failed start
    return with;
  }

  /// Calls `f(port)` when `count` workers listen.
  template <class Function>
  static void when_listening(cluster::primary& primary, int count, Function f) {
    primary.listening.on([left = count, f](cluster::worker&, const cluster::address& where) mutable {
      if (--left == 0) f(where.port);
    });
    for (int i = 0; i < count; ++i) primary.fork();
  }

  static bool exact() { return GetParam() != scheduling::shared; }
  static bool in_kernel() {
    return GetParam() == scheduling::kernel_round_robin || GetParam() == scheduling::kernel_least_loaded;
  }
  static void end(cluster::primary& primary) {
    primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }
};

TEST_P(each_scheduling, shares_a_port) {
  loop io;
  cluster::primary primary{io, workers()};
  std::map<std::string, int> shares;
  when_listening(primary, 8, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 800, [&](std::map<std::string, int> result) {
      shares = std::move(result);
      end(primary);
    });
  });
  io.run();
  EXPECT_EQ(total(shares), 800);
  if (!exact()) return;
  EXPECT_EQ(shares.size(), 8U);
  for (const auto& [answer, count] : shares) EXPECT_EQ(count, 100) << answer;
}

TEST_P(each_scheduling, serves_ipv6_and_both_at_once) {
  for (const std::string where : {"::1", "any"}) {
    loop io;
    cluster::primary primary{io, workers({"0", where})};
    std::map<std::string, int> shares;
    when_listening(primary, 2, [&](std::uint16_t port) {
      ask_often(io, {asio::ip::address_v6::loopback(), port}, 20, [&, port](std::map<std::string, int> by_ipv6) {
        EXPECT_EQ(total(by_ipv6), 20) << where;
        if (where == "::1") return end(primary);
        ask_often(io, at_loopback(port), 20, [&](std::map<std::string, int> by_ipv4) {
          EXPECT_EQ(total(by_ipv4), 20);
          EXPECT_TRUE(by_ipv4.size() == 2 || !exact());
          end(primary);
        });
      });
    });
    io.run();
  }
}

TEST_P(each_scheduling, who_connected_before_a_disconnect_is_answered) {
  // More than is accepted in a turn, and none of it accepted by the primary yet: the handler does not let it.
  constexpr int count = 300;
  loop io;
  cluster::primary primary{io, workers()};
  std::map<std::string, int> shares;
  bool done = false;
  when_listening(primary, 2, [&](std::uint16_t port) {
    for (int i = 0; i < count; ++i) {
      client::ask_at_once(io, at_loopback(port), [&](const std::string& answer) { ++shares[answer]; });
    }
    primary.async_disconnect([&](brood::error_code ec) {
      EXPECT_FALSE(ec);
      done = true;
    });
  });
  primary.exited.on(
      [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
  io.run();
  EXPECT_TRUE(done);
  EXPECT_EQ(shares[""], 0) << "clients that were let down";
  EXPECT_EQ(total(shares), count);
}

TEST_P(each_scheduling, a_dead_workers_queue_goes_to_the_others) {
  // Worker 1 stands still while connections come, then dies without having accepted one of them.
  constexpr int count = 200;
  loop io;
  cluster::primary primary{io, workers()};
  std::map<std::string, int> shares;
  when_listening(primary, 3, [&](std::uint16_t port) {
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < count; ++i) {
      client::ask_at_once(io, at_loopback(port), [&](const std::string& answer) {
        ++shares[answer];
        if (total(shares) == count || answer.empty()) end(primary);
      });
    }
    primary.find(1)->kill(SIGKILL);
  });
  io.run();
  EXPECT_EQ(total(shares), count);
  for (const auto& [answer, times] : shares) EXPECT_EQ(answer.find("worker 1 "), std::string::npos) << answer;
}

TEST_P(each_scheduling, who_dies_over_a_request_takes_it_along_and_nobody_else_waits_for_it) {
  loop io;
  auto with = workers();
  with.exec = actor("dying_worker");
  cluster::primary primary{io, with};
  std::string answer;
  when_listening(primary, 2, [&](std::uint16_t port) {
    auto one = std::make_shared<client>(io, "die");
    one->socket.connect(at_loopback(port));
    one->talk([&](const std::string& text) {
      answer = text;
      end(primary);
    });
  });
  io.run();
  EXPECT_TRUE(answer == "worker 1\n" || answer == "worker 2\n") << answer;
}

TEST_P(each_scheduling, a_dead_workers_queue_waits_for_its_successor) {
  constexpr int count = 50;
  loop io;
  cluster::primary primary{io, workers()};
  std::map<std::string, int> shares;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 1) return;
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < count; ++i) {
      client::ask_at_once(io, at_loopback(where.port), [&](const std::string& answer) {
        ++shares[answer];
        if (total(shares) == count || answer.empty()) end(primary);
      });
    }
    primary.find(1)->kill(SIGKILL);
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status) {
    if (w.id() == 1) primary.fork();
  });
  primary.fork();
  io.run();
  EXPECT_EQ(total(shares), count);
  EXPECT_EQ(shares.size(), 1U) << "by worker 2, all";
}

TEST_P(each_scheduling, a_worker_told_to_go_loses_no_connection) {
  // Clients keep coming while one worker after the other is told to go and replaced.
  constexpr int rounds = 6;
  loop io;
  cluster::primary primary{io, workers()};
  int asked = 0;
  int answered = 0;
  int lost = 0;
  int replaced = 0;
  std::uint16_t port = 0;
  std::function<void()> next = [&] {
    ++asked;
    client::ask(io, at_loopback(port), "", [&](const std::string& answer) {
      ++(answer.empty() ? lost : answered);
      if (replaced < rounds) return next();
      if (answered + lost == asked) end(primary);
    });
  };
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(0)) << w.id();
    if (replaced < rounds) primary.fork();
  });
  int listening = 0;
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    port = where.port;
    if (++listening == 2) {
      for (int i = 0; i < 8; ++i) next();
      primary.find(1)->disconnect();
    }
    if (listening > 2 && ++replaced < rounds) primary.find(w.id() - 1)->disconnect();
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(answered, asked);
  EXPECT_GE(replaced, rounds);
}

TEST_P(each_scheduling, a_port_in_use_is_an_ordinary_error) {
  loop io;
  tcp::acceptor taken(io, at_loopback(0));
  cluster::primary primary{io, workers({std::to_string(taken.local_endpoint().port())})};
  std::string failed;
  primary.message.on([&](cluster::worker&, const brood::message& m) {
    failed = m.body.at("failed").as_string();
    end(primary);
  });
  primary.fork();
  io.run();
  EXPECT_EQ(failed, "Address already in use");
}

TEST_P(each_scheduling, two_clusters_do_not_share_a_port_by_mistake) {
  loop io;
  cluster::primary first{io, workers()};
  std::optional<cluster::primary> second;
  std::string failed;
  when_listening(first, 1, [&](std::uint16_t port) {
    second.emplace(io, workers({std::to_string(port)}));
    second->message.on([&](cluster::worker&, const brood::message& m) {
      failed = m.body.at("failed").as_string();
      end(*second);
      end(first);
    });
    second->fork();
  });
  io.run();
  EXPECT_EQ(failed, "Address already in use");
}

TEST_P(each_scheduling, leaves_no_descriptor_behind) {
  const auto before = open_descriptors();
  {
    loop io;
    cluster::primary primary{io, workers()};
    primary.exited.on([&](cluster::worker& w, brood::exit_status) {
      if (w.id() == 1) primary.fork();
    });
    int listening = 0;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      if (++listening == 3) primary.find(1)->kill(SIGKILL);
      if (listening != 4) return;
      ask_often(io, at_loopback(where.port), 60, [&](const std::map<std::string, int>&) { end(primary); });
    });
    for (int i = 0; i < 3; ++i) primary.fork();
    io.run();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(each_scheduling, unmodified_node_workers_serve_under_it) {
  loop io;
  auto with = workers();
  with.exec = actor("node_worker.js");
  cluster::primary primary{io, with};
  std::map<std::string, int> bodies;
  int left = 40;
  std::function<void(std::uint16_t)> next = [&](std::uint16_t port) {
    client::ask(io, at_loopback(port), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                [&, port](const std::string& answer) {
                  const auto body = answer.find("\r\n\r\n");
                  if (body == std::string::npos) return end(primary);
                  ++bodies[answer.substr(body + 4)];
                  if (--left > 0) return next(port);
                  end(primary);
                });
  };
  when_listening(primary, 2, next);
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_TRUE(w.exited_after_disconnect());
    EXPECT_EQ(status, brood::exit_status::exited(0));
  });
  io.run();
  EXPECT_EQ(total(bodies), 40);
  if (!exact()) return;
  EXPECT_EQ(bodies.size(), 2U);
  for (const auto& [body, count] : bodies) EXPECT_EQ(count, 20) << body;
}

TEST_P(each_scheduling, a_dead_node_workers_queue_goes_to_the_others) {
  constexpr int count = 60;
  loop io;
  auto with = workers();
  with.exec = actor("node_worker.js");
  cluster::primary primary{io, with};
  std::map<std::string, int> answers;
  when_listening(primary, 2, [&](std::uint16_t port) {
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < count; ++i) {
      auto one = std::make_shared<client>(io, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      one->socket.connect(at_loopback(port));
      one->talk([&](const std::string& answer) {
        ++answers[answer.substr(0, answer.find('\r'))];
        if (total(answers) == count || answer.empty()) end(primary);
      });
    }
    primary.find(1)->kill(SIGKILL);
  });
  io.run();
  EXPECT_EQ(answers, (std::map<std::string, int>{{"HTTP/1.1 200 OK", count}}));
}

INSTANTIATE_TEST_SUITE_P(under, each_scheduling,
                         testing::Values(scheduling::kernel_round_robin, scheduling::kernel_least_loaded,
                                         scheduling::round_robin, scheduling::shared),
                         [](const auto& one) { return std::string(to_string(one.param)); });

}  // namespace

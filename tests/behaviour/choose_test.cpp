#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <stdexcept>

#include "cluster_support.hpp"

// The program's own scheduling: settings::choose.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;
using cluster::choice;

class choosing : public testing::Test {
 protected:
  cluster::settings with(cluster::choose_function f, brood::arguments args = {"0"}) {
    auto s = echo_workers(std::move(args));
    s.choose = std::move(f);
    s.drain = 60'000ms;
    s.restart.min_uptime = 0ms;  // a worker killed in a test is no failed start
    s.log = [this](brood::log_level, std::string_view text) { logged.emplace_back(text); };
    return s;
  }

  template <class Function>
  static void when_listening(cluster::primary& primary, int count, Function f) {
    primary.listening.on([left = count, f](cluster::worker&, const cluster::address& where) mutable {
      if (--left == 0) f(where.port);
    });
    for (int i = 0; i < count; ++i) primary.fork();
  }

  static void end(cluster::primary& primary) {
    primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }

  /// "worker 1" for each answer of an echo_worker.
  static std::map<std::string, int> by_worker(const std::map<std::string, int>& answers) {
    std::map<std::string, int> sums;
    for (const auto& [answer, count] : answers) sums[answer.substr(0, answer.find(" pid"))] += count;
    return sums;
  }

  loop io;
  std::vector<std::string> logged;
};

TEST_F(choosing, gives_each_connection_to_the_worker_that_is_named) {
  std::set<std::string> seen;
  int asked = 0;
  cluster::primary primary{io, with([&](const cluster::incoming& a) {
                             EXPECT_EQ(a.from.type, cluster::address::kind::ipv4);
                             EXPECT_GT(a.from.port, 0);
                             seen.insert(a.from.host + " to " + to_string(a.to));
                             EXPECT_EQ(a.workers.size(), 3U);
                             return choice(++asked % 4 == 0 ? 3 : 1);
                           })};
  EXPECT_EQ(primary.scheduling(), cluster::scheduling::program);
  std::map<std::string, int> shares;
  std::uint16_t where = 0;
  when_listening(primary, 3, [&](std::uint16_t port) {
    where = port;
    ask_often(io, at_loopback(port), 40, [&](const std::map<std::string, int>& result) {
      shares = by_worker(result);
      end(primary);
    });
  });
  io.run();
  EXPECT_EQ(shares, (std::map<std::string, int>{{"worker 1", 30}, {"worker 3", 10}}));
  EXPECT_EQ(asked, 40);
  EXPECT_EQ(seen, std::set<std::string>{"127.0.0.1 to 127.0.0.1:" + std::to_string(where)});
  EXPECT_TRUE(logged.empty()) << logged.front();
}

TEST_F(choosing, a_client_of_ipv4_is_one_at_a_port_of_both_families) {
  std::set<std::string> hosts;
  cluster::primary primary{io, with(
                                   [&](const cluster::incoming& a) {
                                     hosts.insert(a.from.host);
                                     EXPECT_EQ(to_string(a.to).substr(0, 8), "0.0.0.0:") << "as `listening` tells it";
                                     return choice(a.workers.front());
                                   },
                                   {"0", "any"})};
  when_listening(primary, 1, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 1, [&, port](const auto&) {
      ask_often(io, {asio::ip::address_v6::loopback(), port}, 1, [&](const auto&) { end(primary); });
    });
  });
  io.run();
  EXPECT_EQ(hosts, (std::set<std::string>{"127.0.0.1", "::1"}));
}

TEST_F(choosing, sees_what_workers_have_open_and_have_taken) {
  // Least connections: of twelve that stay open each of three workers gets four, though worker 1 was ahead by six.
  auto settings = with([](const cluster::incoming& a) {
    const auto total = [](const cluster::candidate& w) { return w.open.value() + w.waiting; };
    return choice(*std::min_element(a.workers.begin(), a.workers.end(),
                                    [&](const auto& one, const auto& other) { return total(one) < total(other); }));
  });
  settings.exec = actor("keeping_worker");
  bool first_only = true;
  std::uint64_t max_taken = 0;
  settings.choose = [&, least = settings.choose](const cluster::incoming& a) {
    for (const auto& w : a.workers) max_taken = std::max(max_taken, w.accepted);
    return first_only ? choice(1) : least(a);
  };
  cluster::primary primary{io, settings};
  std::map<std::string, int> open;
  std::vector<std::shared_ptr<tcp::socket>> clients;
  std::function<void(std::uint16_t, int)> connect = [&](std::uint16_t port, int left) {
    auto socket = std::make_shared<tcp::socket>(io);
    auto line = std::make_shared<std::string>();
    clients.push_back(socket);
    socket->connect(at_loopback(port));
    asio::async_read_until(*socket, asio::dynamic_buffer(*line), '\n',
                           [&, line, port, left](brood::error_code ec, std::size_t) {
                             EXPECT_FALSE(ec);
                             ++open[*line];
                             if (left > 1) return connect(port, left - 1);
                             if (std::exchange(first_only, false)) return connect(port, 12);
                             clients.clear();
                             end(primary);
                           });
  };
  when_listening(primary, 3, [&](std::uint16_t port) { connect(port, 6); });
  io.run();
  EXPECT_EQ(open, (std::map<std::string, int>{{"worker 1\n", 6}, {"worker 2\n", 6}, {"worker 3\n", 6}}));
  EXPECT_EQ(max_taken, 6U);
}

TEST_F(choosing, what_a_worker_does_not_tell_is_absent) {
  bool told = false;
  auto settings = with([&](const cluster::incoming& a) {
    for (const auto& w : a.workers) told = told || w.open || w.lag;
    return choice(a.workers.front());
  });
  cluster::primary primary{io, settings};
  when_listening(primary, 2,
                 [&](std::uint16_t port) { ask_often(io, at_loopback(port), 4, [&](const auto&) { end(primary); }); });
  io.run();
  EXPECT_FALSE(told);
}

TEST_F(choosing, a_worker_that_does_not_exist_is_told_and_the_connection_served) {
  cluster::primary primary{io, with([](const cluster::incoming&) { return choice(77); })};
  std::map<std::string, int> shares;
  when_listening(primary, 2, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 10, [&](const std::map<std::string, int>& result) {
      shares = by_worker(result);
      end(primary);
    });
  });
  io.run();
  EXPECT_EQ(shares, (std::map<std::string, int>{{"worker 1", 5}, {"worker 2", 5}}));
  ASSERT_EQ(logged.size(), 10U);
  EXPECT_EQ(logged.front().substr(0, 88),
            "cluster: settings::choose names worker 77, which cannot be given the connection at 127.0");
}

TEST_F(choosing, a_worker_that_does_not_listen_is_told_and_the_connection_served) {
  // Worker 2 was told to go, and still lives.
  auto settings = with([](const cluster::incoming& a) {
    EXPECT_EQ(a.workers.size(), 1U);
    return choice(2);
  });
  settings.exec = actor("keeping_worker");
  auto choose = std::exchange(settings.choose, [](const cluster::incoming&) { return choice(2); });
  bool leaving = false;
  settings.choose = [&, choose](const cluster::incoming& a) { return leaving ? choose(a) : choice(2); };
  cluster::primary primary{io, settings};
  std::string first;
  std::string second;
  tcp::socket stays{io};
  tcp::socket other{io};
  when_listening(primary, 2, [&](std::uint16_t port) {
    stays.connect(at_loopback(port));
    asio::async_read_until(stays, asio::dynamic_buffer(first), '\n', [&, port](brood::error_code, std::size_t) {
      leaving = true;
      primary.find(2)->disconnect();
      other.connect(at_loopback(port));
      asio::async_read_until(other, asio::dynamic_buffer(second), '\n', [&](brood::error_code, std::size_t) {
        EXPECT_TRUE(primary.find(2));
        stays.close();
        other.close();
        end(primary);
      });
    });
  });
  io.run();
  EXPECT_EQ(first, "worker 2\n");
  EXPECT_EQ(second, "worker 1\n");
  EXPECT_EQ(logged.size(), 1U);
}

TEST_F(choosing, what_the_function_throws_leaves_run_and_the_connection_is_served) {
  cluster::primary primary{io, with([](const cluster::incoming&) -> choice { throw std::runtime_error("no idea"); })};
  std::map<std::string, int> shares;
  when_listening(primary, 2, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 6, [&](const std::map<std::string, int>& result) {
      shares = by_worker(result);
      end(primary);
    });
  });
  int thrown = 0;
  for (bool done = false; !done;) {
    try {
      io.run();
      done = true;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "no idea");
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, 6);
  EXPECT_EQ(shares, (std::map<std::string, int>{{"worker 1", 3}, {"worker 2", 3}}));
}

TEST_F(choosing, a_refused_connection_is_closed) {
  int asked = 0;
  cluster::primary primary{
      io, with([&](const cluster::incoming&) { return ++asked % 2 == 0 ? choice(1) : choice::refuse(); })};
  std::map<std::string, int> shares;
  when_listening(primary, 1, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 10, [&](const std::map<std::string, int>& result) {
      shares = by_worker(result);
      end(primary);
    });
  });
  io.run();
  EXPECT_EQ(shares, (std::map<std::string, int>{{"", 5}, {"worker 1", 5}}));
}

TEST_F(choosing, a_held_connection_goes_to_who_comes_later) {
  cluster::primary primary{
      io, with([](const cluster::incoming& a) { return a.workers.back().id == 2 ? choice(2) : choice::defer(); })};
  std::map<std::string, int> answers;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 1) return;
    for (int i = 0; i < 20; ++i) {
      client::ask_at_once(io, at_loopback(where.port), [&](const std::string& answer) {
        if (++answers[answer] == 20 || answer.empty()) end(primary);
      });
    }
    primary.fork();
  });
  primary.fork();
  io.run();
  answers = by_worker(answers);
  EXPECT_EQ(answers, (std::map<std::string, int>{{"worker 2", 20}}));
}

TEST_F(choosing, a_held_connection_is_asked_about_again_though_nothing_changes) {
  int asked = 0;
  cluster::primary primary{io,
                           with([&](const cluster::incoming&) { return ++asked < 4 ? choice::defer() : choice(1); })};
  std::map<std::string, int> shares;
  when_listening(primary, 1, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 1, [&](const std::map<std::string, int>& result) {
      shares = by_worker(result);
      end(primary);
    });
  });
  io.run();
  EXPECT_EQ(shares, (std::map<std::string, int>{{"worker 1", 1}}));
  EXPECT_EQ(asked, 4);
}

TEST_F(choosing, what_a_dead_worker_had_not_taken_goes_to_another) {
  // All of them are for worker 1, which stands still, then dies.
  constexpr int count = 100;
  cluster::primary primary{io, with([](const cluster::incoming& a) { return choice(a.workers.front()); })};
  std::map<std::string, int> answers;
  int total = 0;
  when_listening(primary, 2, [&](std::uint16_t port) {
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < count; ++i) {
      client::ask_at_once(io, at_loopback(port), [&](const std::string& answer) {
        ++answers[answer];
        if (++total == count || answer.empty()) end(primary);
      });
    }
    primary.find(1)->kill(SIGKILL);
  });
  io.run();
  answers = by_worker(answers);
  EXPECT_EQ(answers, (std::map<std::string, int>{{"worker 2", count}}));
}

TEST_F(choosing, unmodified_node_workers_serve_under_it) {
  auto settings = with([](const cluster::incoming& a) {
    for (const auto& w : a.workers) EXPECT_FALSE(w.open) << "Node does not tell";
    return choice(2);
  });
  settings.exec = actor("node_worker.js");
  cluster::primary primary{io, settings};
  std::map<std::string, int> bodies;
  std::function<void(std::uint16_t, int)> next = [&](std::uint16_t port, int left) {
    client::ask(io, at_loopback(port), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                [&, port, left](const std::string& answer) {
                  const auto body = answer.find("\r\n\r\n");
                  if (body == std::string::npos) return end(primary);
                  ++bodies[answer.substr(body + 4, 13)];
                  if (left > 1) return next(port, left - 1);
                  end(primary);
                });
  };
  when_listening(primary, 2, [&](std::uint16_t port) { next(port, 20); });
  io.run();
  EXPECT_EQ(bodies, (std::map<std::string, int>{{"node worker 2", 20}}));
}

TEST_F(choosing, a_function_and_another_scheduling_make_no_sense) {
  auto settings = with([](const cluster::incoming&) { return choice(1); });
  settings.scheduling = cluster::scheduling::round_robin;
  EXPECT_THROW(cluster::primary(io, settings), std::invalid_argument);
  settings.choose = nullptr;
  settings.scheduling = cluster::scheduling::program;
  EXPECT_THROW(cluster::primary(io, settings), std::invalid_argument);
}

}  // namespace

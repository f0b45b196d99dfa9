#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include "cluster_support.hpp"

// primary::stats(): what is known is told, what cannot be known is absent.

namespace {

namespace cluster = brood::cluster;
namespace json = boost::json;
using namespace brood_test;
using namespace std::chrono_literals;
using cluster::phase;
using cluster::scheduling;

class statistics : public testing::Test {
 protected:
  static cluster::settings under(scheduling how, const std::string& program = "echo_worker") {
    auto with = echo_workers();
    with.exec = actor(program);
    with.scheduling = how;
    with.restart.min_uptime = 0ms;  // a worker killed in a test is no failed start
    return with;
  }

  template <class Function>
  static void when_listening(cluster::primary& primary, int count, Function f) {
    primary.listening.on([left = count, f](cluster::worker&, const cluster::address& where) mutable {
      if (--left == 0) f(where.port);
    });
    for (int i = 0; i < count; ++i) primary.fork();
  }

  /// Calls `then` once `happened()`: what workers report comes when it comes.
  void until(std::function<bool()> happened, std::function<void()> then) {
    if (happened()) return then();
    poll.expires_after(2ms);
    poll.async_wait([this, happened = std::move(happened), then = std::move(then)](brood::error_code ec) {
      if (!ec) until(happened, then);
    });
  }

  static void end(cluster::primary& primary) {
    primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }

  /// Asks Node's workers over HTTP, one connection after another.
  void ask_node(std::uint16_t port, int count, std::function<void()> done) {
    client::ask(io, at_loopback(port), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                [this, port, count, done](const std::string& answer) {
                  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
                  if (count > 1) return ask_node(port, count - 1, done);
                  done();
                });
  }

  loop io;
  asio::steady_timer poll{io};
};

TEST_F(statistics, of_a_worker_tell_what_it_is_and_what_it_uses) {
  cluster::primary primary{io, under(scheduling::round_robin)};
  EXPECT_TRUE(primary.stats().workers.empty());
  when_listening(primary, 2, [&](std::uint16_t port) {
    ask_often(io, at_loopback(port), 10, [&](const auto&) {
      const auto all = primary.stats({.pss = true});
      EXPECT_EQ(all.scheduling, scheduling::round_robin);
      EXPECT_EQ(all.started, 2U);
      EXPECT_EQ(all.died, 0U);
      EXPECT_EQ(all.waiting, 0U);
      EXPECT_EQ(all.accepted, 10U);
      EXPECT_EQ(all.workers.size(), 2U);
      std::uint64_t memory = 0;
      for (const auto& one : all.workers) {
        EXPECT_EQ(one.pid, primary.find(one.id)->pid());
        EXPECT_EQ(one.state, phase::ready);
        EXPECT_EQ(one.restarts, 0U);
        EXPECT_EQ(one.accepted, 5U) << one.id;
        EXPECT_FALSE(one.open) << "echo_worker does not tell";
        EXPECT_FALSE(one.requests) << "the same";
        EXPECT_FALSE(one.lag) << "there is no heartbeat";
        EXPECT_TRUE(one.cpu);
        EXPECT_GT(one.rss.value(), 100'000U);
        EXPECT_GT(one.pss.value(), 10'000U);
        EXPECT_LE(one.pss.value(), one.rss.value());
        memory += *one.rss;
      }
      EXPECT_EQ(all.rss, memory);
      EXPECT_FALSE(all.open) << "a part of it is not known";
      EXPECT_FALSE(primary.stats().workers.front().pss) << "not asked for";
      end(primary);
    });
  });
  io.run();
  const auto last = primary.stats();
  EXPECT_TRUE(last.workers.empty());
  EXPECT_EQ(last.accepted, 10U) << "what they did is not forgotten";
  EXPECT_EQ(last.open, 0U);
  EXPECT_GT(last.cpu.value(), 0us);
  EXPECT_EQ(last.died, 0U);
}

TEST_F(statistics, become_json_without_what_is_absent) {
  cluster::worker_statistics one{.id = 7, .pid = 1234, .state = phase::leaving, .age = 1500ms, .restarts = 2};
  one.accepted = 12;
  one.requests = 40;
  one.lag = 250us;
  one.rss = 4096;
  EXPECT_EQ(
      json::serialize(json::value_from(one)),
      R"({"id":7,"pid":1234,"state":"leaving","age_ms":1500,"restarts":2,"accepted":12,"requests":40,"lag_ms":2.5E-1,"rss":4096})");
  cluster::statistics all{.scheduling = scheduling::shared, .workers = {one}, .started = 3, .died = 2, .waiting = 1};
  all.cpu = 20ms;
  const json::object object = json::value_from(all).as_object();
  EXPECT_EQ(object.at("scheduling"), "shared");
  EXPECT_EQ(object.at("workers").as_array().at(0), json::value_from(one));
  EXPECT_EQ(object.at("started").as_uint64(), 3U);
  EXPECT_EQ(object.at("died").as_uint64(), 2U);
  EXPECT_EQ(object.at("waiting").as_uint64(), 1U);
  EXPECT_EQ(object.at("cpu_ms"), 20.0);
  for (const char* absent : {"accepted", "open", "requests", "rss", "pss"})
    EXPECT_FALSE(object.contains(absent)) << absent;
}

TEST_F(statistics, count_what_brood_s_workers_accept_by_themselves) {
  for (auto how : {scheduling::kernel_round_robin, scheduling::shared}) {
    cluster::primary primary{io, under(how)};
    if (primary.scheduling() != how) continue;  // the kernel does not allow it here
    bool known_at_once = false;
    when_listening(primary, 2, [&](std::uint16_t port) {
      known_at_once = primary.stats().accepted == 0U;
      ask_often(io, at_loopback(port), 20,
                [&](const auto&) { until([&] { return primary.stats().accepted == 20U; }, [&] { end(primary); }); });
    });
    io.run();
    io.restart();
    EXPECT_TRUE(known_at_once) << to_string(how);
    EXPECT_EQ(primary.stats().accepted, 20U) << to_string(how);
  }
}

TEST_F(statistics, tell_what_is_open_where_the_worker_does) {
  for (auto how : {scheduling::kernel_round_robin, scheduling::round_robin}) {
    cluster::primary primary{io, under(how, "keeping_worker")};
    std::vector<std::shared_ptr<tcp::socket>> clients;
    bool seen = false;
    when_listening(primary, 2, [&](std::uint16_t port) {
      EXPECT_EQ(primary.stats().open, 0U);
      for (int i = 0; i < 6; ++i) {
        clients.push_back(std::make_shared<tcp::socket>(io));
        clients.back()->connect(at_loopback(port));
      }
      until([&] { return primary.stats().open == 6U; },
            [&] {
              for (const auto& one : primary.stats().workers) EXPECT_GE(one.open, 1U) << to_string(how);
              clients.resize(1);
              until([&] { return primary.stats().open == 1U; },
                    [&] {
                      seen = true;
                      clients.clear();
                      end(primary);
                    });
            });
    });
    io.run();
    io.restart();
    EXPECT_TRUE(seen) << to_string(how);
  }
}

TEST_F(statistics, what_node_s_workers_do_not_tell_is_absent) {
  for (auto how : {scheduling::kernel_round_robin, scheduling::round_robin, scheduling::shared}) {
    cluster::primary primary{io, under(how, "node_worker.js")};
    const bool through_primary = primary.scheduling() == scheduling::round_robin;
    when_listening(primary, 2, [&](std::uint16_t port) {
      ask_node(port, 4, [&] {
        const auto all = primary.stats();
        for (const auto& one : all.workers) {
          EXPECT_EQ(one.accepted.has_value(), through_primary) << to_string(how);
          EXPECT_FALSE(one.open);
          EXPECT_GT(one.rss.value(), 10'000'000U);
          EXPECT_GT(one.cpu.value(), 0us);
        }
        EXPECT_EQ(all.accepted, through_primary ? std::optional<std::uint64_t>(4) : std::nullopt);
        EXPECT_FALSE(all.open);
        end(primary);
      });
    });
    io.run();
    io.restart();
    EXPECT_EQ(primary.stats().accepted.has_value(), through_primary);
  }
}

TEST_F(statistics, tell_the_lag_where_there_is_a_heartbeat) {
  for (const std::string program : {"echo_worker", "node_worker.js"}) {
    auto with = under(scheduling::round_robin, program);
    with.heartbeat = 5'000ms;
    if (program == "echo_worker") with.heartbeat = 400ms;
    cluster::primary primary{io, with};
    std::optional<std::chrono::microseconds> lag;
    when_listening(primary, 1, [&](std::uint16_t) {
      EXPECT_FALSE(primary.stats().workers.front().lag) << "not asked yet";
      until([&] { return primary.stats().workers.front().lag.has_value(); },
            [&] {
              lag = primary.stats().workers.front().lag;
              end(primary);
            });
    });
    io.run();
    io.restart();
    EXPECT_GT(lag.value(), 0us);
    EXPECT_LT(lag.value(), with.heartbeat);
  }
}

TEST_F(statistics, count_deaths_and_who_came_in_whose_place) {
  cluster::primary primary{io, under(scheduling::round_robin)};
  primary.exited.on([&](cluster::worker& w, brood::exit_status) {
    if (!w.exited_after_disconnect()) primary.fork();
  });
  int listening = 0;
  std::map<int, unsigned> restarts;
  primary.listening.on([&](cluster::worker& w, const cluster::address&) {
    if (++listening == 1) return static_cast<void>(primary.fork());
    if (listening < 5) return static_cast<void>(w.kill(SIGKILL));
    const auto all = primary.stats();
    for (const auto& one : all.workers) restarts[one.id] = one.restarts;
    EXPECT_EQ(all.started, 5U);
    EXPECT_EQ(all.died, 3U);
    end(primary);
  });
  primary.fork();
  io.run();
  EXPECT_EQ(restarts, (std::map<int, unsigned>{{1, 0}, {5, 3}}));
}

TEST_F(statistics, tell_how_far_a_worker_is) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  auto with = under(scheduling::round_robin, "keeping_worker");
  with.restart = {.initial_delay = 60'000ms, .min_uptime = 3'600'000ms};  // every death is an early one
  cluster::primary primary{io, with};
  std::vector<phase> seen;
  const auto look = [&] { seen.push_back(primary.stats().workers.front().state); };
  tcp::socket stays{io};
  primary.online.on([&](cluster::worker&) { look(); });
  primary.disconnected.on([&](cluster::worker&, brood::error_code) { look(); });
  when_listening(primary, 1, [&](std::uint16_t port) {
    asio::post(io, [&, port] {
      look();
      stays.connect(at_loopback(port));
      until([&] { return primary.stats().open == 1U; },
            [&] {
              primary.find(1)->disconnect();
              look();
              EXPECT_EQ(primary.stats().workers.front().open, 1U);
              stays.close();
            });
    });
  });
  look();
  io.run();
  EXPECT_EQ(seen, (std::vector{phase::starting, phase::online, phase::ready, phase::leaving, phase::disconnected}));
  io.restart();
  primary.exited.on([&](cluster::worker&, brood::exit_status) {
    primary.fork();
    const auto all = primary.stats();
    EXPECT_EQ(all.workers.front().state, phase::delayed);
    EXPECT_EQ(all.workers.front().pid, 0);
    EXPECT_FALSE(all.workers.front().rss);
    EXPECT_EQ(all.workers.front().restarts, 1U);
    EXPECT_EQ(all.rss, 0U);
    end(primary);
  });
  primary.fork().kill(SIGKILL);
  io.run();
  EXPECT_EQ(primary.stats().died, 1U);
}

}  // namespace

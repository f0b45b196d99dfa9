// A server in a worker: it gets its connections from the primary, and what it is serving keeps the worker from going.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "brood/cluster.hpp"
#include "http_peer.hpp"
#include "support/apart.hpp"

namespace brood_test {
namespace {

namespace cluster = brood::cluster;
using namespace std::chrono_literals;

/// The worker's side of the tests below, which start this very program for it. Nothing to do elsewhere.
TEST(http_cluster, worker_side) {
  if (!cluster::is_worker()) return;
  brood_test::loop loop;
  cluster::this_worker self{loop};
  std::list<http::response> kept;
  http::server server{self, [&](const auto& request, auto& response) {
                        if (request.path() != "/wait") {
                          response.end("worker " + std::to_string(self.id()));
                          return;
                        }
                        kept.push_back(response.defer());
                        self.send({{"waits", true}});
                      }};
  server.listening.async_wait([&](brood::error_code ec, const http::server::endpoint&) {
    if (ec) self.send({{"failed", ec.message()}});
  });
  self.messages.on([&](const brood::message& m) {
    if (m.body.is_bool()) {
      self.send(m.body);
    } else if (m.body.is_string()) {
      for (auto& response : kept) response.end("late");
      kept.clear();
    } else {
      server.listen(
          http::server::endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(m.body.as_int64())));
    }
  });
  loop.run();
}

class crew {
 public:
  explicit crew(cluster::scheduling scheduling = cluster::scheduling::automatic, const cluster::recycling& recycle = {})
      : primary(loop, {.args = brood::arguments{"--gtest_filter=http_cluster.worker_side"},
                       .out = brood::stdio::ignore,
                       .scheduling = scheduling,
                       .recycle = recycle}) {}

  /// Starts a worker that listens on `port`.
  cluster::worker fork(int port) {
    auto worker = primary.fork();
    worker.online.on([worker, port]() mutable { worker.send(port); });
    return worker;
  }
  /// Runs `client` on a thread, `then` on the loop when it is done.
  template <class Client, class Then>
  void talk(Client client, Then then) {
    threads.emplace_back([this, client, then, work = asio::make_work_guard(loop)] {
      client();
      asio::post(loop, then);
    });
  }
  ~crew() {
    for (auto& thread : threads) thread.join();
  }

  brood_test::loop loop;
  cluster::primary primary;
  std::list<std::thread> threads;
};

asio::ip::tcp::endpoint at(const cluster::address& where) { return {asio::ip::address_v4::loopback(), where.port}; }

TEST(http_cluster, two_workers_share_a_port) {
  crew c;
  std::string answers;
  int listening = 0;
  c.primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    c.talk(
        [&answers, where] {
          for (int i = 0; i < 4; ++i) answers += peer{at(where)}.talk(get("/"));
        },
        [&] { c.primary.async_disconnect([](brood::error_code) {}); });
  });
  c.primary.exited.on(
      [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
  // Port 0 is one free port, the same for both.
  c.fork(0);
  c.fork(0);
  c.loop.run();
  const auto one = ok("worker 1");
  const auto two = ok("worker 2");
  EXPECT_TRUE(answers == one + two + one + two || answers == two + one + two + one) << answers;
}

TEST(http_cluster, listening_tells_of_the_first_listen_though_another_is_answered_before) {
  crew c;
  const asio::ip::tcp::acceptor busy(c.loop, {asio::ip::address_v4::loopback(), 0});
  auto worker = c.fork(0);
  worker.online.on([&] {
    worker.send(busy.local_endpoint().port());
    worker.send(true);
  });
  bool failed = false;
  int echoes = 0;
  worker.messages.on([&](const brood::message& m) {
    failed = failed || m.body.is_object();
    if (!m.body.is_bool()) return;
    if (++echoes == 1) {
      worker.send(true);  // behind the answers
    } else {
      worker.disconnect();
    }
  });
  c.loop.run();
  EXPECT_EQ(echoes, 2);
  EXPECT_FALSE(failed);
}

TEST(http_cluster, worker_side_without_descriptors) {
  if (!cluster::is_worker()) return;
  brood_test::loop loop;
  cluster::this_worker self{loop};
  http::server server{self,
                      [](const auto&, auto& response) { response.end("x"); },
                      {.log = [&](brood::log_level, std::string_view text) { self.send(text); }}};
  server.listening.on([&](const http::server::endpoint&) {
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit no_more{static_cast<rlim_t>(next), static_cast<rlim_t>(next)};
    self.send(::setrlimit(RLIMIT_NOFILE, &no_more));
  });
  server.listen(0);
  loop.run();
}

TEST(http_cluster, a_worker_that_has_no_descriptor_left_says_so) {
  if (needs_descriptors_itself()) GTEST_SKIP();
  brood_test::loop loop;
  cluster::primary primary(loop,
                           {.args = brood::arguments{"--gtest_filter=http_cluster.worker_side_without_descriptors"},
                            .out = brood::stdio::ignore,
                            .scheduling = cluster::scheduling::shared});
  cluster::address where;
  primary.listening.on([&](cluster::worker&, const cluster::address& a) { where = a; });
  auto worker = primary.fork();
  asio::ip::tcp::socket client(loop);
  std::string told;
  worker.messages.on([&](const brood::message& m) {
    if (!m.body.is_string()) return client.connect(at(where));
    told = m.body.as_string();
    worker.kill(SIGKILL);
  });
  loop.run();
  EXPECT_EQ(told, "http: cannot accept connections, probably for lack of file descriptors or memory; trying again");
}

TEST(http_cluster, a_worker_that_shall_go_finishes_its_requests) {
  crew c;
  std::string answer;
  bool ended = false;
  auto worker = c.fork(0);
  c.primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    c.talk(
        [&answer, where] {
          peer client{at(where)};
          client.send(get("/wait"));
          answer = client.until("late");
          EXPECT_EQ(client.rest(), "");
        },
        [] {});
  });
  worker.messages.on([&](const brood::message&) {
    worker.disconnect();
    worker.send("go on");
  });
  worker.exited.on([&](brood::exit_status status) {
    ended = true;
    EXPECT_EQ(status, brood::exit_status::exited(0));
  });
  c.loop.run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
}

TEST(http_cluster, a_worker_that_shall_go_tells_how_many_connections_are_left) {
  crew c;
  auto worker = c.fork(0);
  std::string answers;
  c.primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    c.talk(
        [&answers, where] {
          peer one{at(where)};
          peer other{at(where)};
          one.send(get("/wait"));
          other.send(get("/wait"));
          answers = one.until("late") + other.until("late");
        },
        [] {});
  });
  int waiting = 0;
  worker.messages.on([&](const brood::message&) {
    if (++waiting == 2) worker.disconnect();
  });
  std::vector<std::size_t> left;
  c.primary.draining.on([&](cluster::worker&, std::size_t open) {
    left.push_back(open);
    if (open == 2) worker.send("go on");
  });
  c.loop.run();
  EXPECT_FALSE(answers.empty());
  ASSERT_GE(left.size(), 2U);
  EXPECT_NE(std::find(left.begin(), left.end(), 2U), left.end());
  EXPECT_EQ(left.back(), 0U);
}

TEST(http_cluster, the_least_loaded_worker_gets_the_connection) {
  crew c{cluster::scheduling::kernel_least_loaded};
  if (c.primary.scheduling() != cluster::scheduling::kernel_least_loaded)
    GTEST_SKIP() << "the kernel does not allow it";
  std::map<std::string, std::list<std::unique_ptr<peer>>> open;
  const auto connect = [&](const asio::ip::tcp::endpoint& where) {
    auto one = std::make_unique<peer>(where);
    one->send(get("/"));
    one->until("worker ");
    const std::string id = one->bytes(1);
    open[id].push_back(std::move(one));
  };
  asio::ip::tcp::endpoint where;
  int listening = 0;
  c.primary.listening.on([&](cluster::worker&, const cluster::address& bound) {
    if (++listening != 2) return;
    where = at(bound);
    c.talk(
        [&] {
          for (int i = 0; i < 6; ++i) connect(where);
        },
        [&] {
          EXPECT_EQ(open["1"].size(), 3U);
          EXPECT_EQ(open["2"].size(), 3U);
          open["1"].clear();
          c.primary.find(1)->send(true);
        });
  });
  bool done = false;
  // Asked again until it has heard that the connections have ended.
  c.primary.message.on([&](cluster::worker& w, const brood::message&) {
    if (c.primary.stats().workers.front().open != 0U) return static_cast<void>(w.send(true));
    c.talk(
        [&] {
          for (int i = 0; i < 3; ++i) connect(where);
        },
        [&] {
          EXPECT_EQ(open["1"].size(), 3U);
          EXPECT_EQ(open["2"].size(), 3U);
          done = true;
          open.clear();
          c.primary.async_disconnect([](brood::error_code) {});
        });
  });
  c.fork(0);
  c.fork(0);
  c.loop.run();
  EXPECT_TRUE(done);
}

/// Asks on one connection after another, each until its server ends it, until worker 2 has answered. Who answered how
/// often.
std::map<char, std::uint64_t> ask_until_replaced(const asio::ip::tcp::endpoint& where) {
  std::map<char, std::uint64_t> answered;
  while (answered['2'] == 0) {
    peer client{where};
    for (bool last = false; !last;) {
      client.send(get("/"));
      last = client.until("worker ").find("Connection: close") != std::string::npos;
      ++answered[client.bytes(1).front()];
      last = last || answered['2'] != 0;
    }
  }
  return answered;
}

TEST(http_cluster, a_worker_that_has_been_asked_enough_is_replaced) {
  for (auto how : {cluster::scheduling::automatic, cluster::scheduling::round_robin}) {
    crew c{how, {.max_requests = 50, .jitter = 0, .check_interval = 2ms}};
    std::map<char, std::uint64_t> answered;
    bool begun = false;
    c.primary.online.on([](cluster::worker& w) { w.send(0); });
    c.primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      EXPECT_EQ(c.primary.stats().workers.front().requests.has_value(), true) << "known before it serves";
      if (std::exchange(begun, true)) return;
      c.talk([&answered, where] { answered = ask_until_replaced(at(where)); },
             [&] { c.primary.async_disconnect([](brood::error_code) {}); });
    });
    c.primary.exited.on(
        [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
    c.primary.fork();
    c.loop.run();
    EXPECT_GE(answered['1'], 50U);
    const auto all = c.primary.stats();
    EXPECT_EQ(all.requests, answered['1'] + answered['2'])
        << "nothing of it is forgotten, and nobody was asked in vain";
    EXPECT_EQ(all.started, 2U);
    EXPECT_EQ(all.died, 0U);
  }
}

TEST(http_cluster, a_port_in_use_is_told) {
  crew c;
  served other{[](const auto& request, auto& response) { echo(request, response); }};
  std::string told;
  auto worker = c.fork(other.where().port());
  worker.messages.on([&](const brood::message& m) {
    told = m.body.at("failed").as_string();
    worker.disconnect();
  });
  c.loop.run();
  EXPECT_EQ(told, "Address already in use");
}

}  // namespace
}  // namespace brood_test

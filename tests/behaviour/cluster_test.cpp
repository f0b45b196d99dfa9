#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/cluster.hpp>
#include <map>
#include <set>

#include "support.hpp"

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;
using asio::ip::tcp;
using brood_test::actor;
using brood_test::loop;
using namespace std::chrono_literals;

cluster::settings echo_workers() { return {.exec = actor("echo_worker"), .args = brood::arguments{"0"}}; }

/// A client's one connection: sends `request`, reads to the end, then calls `done(answer)`. An error is an empty
/// answer.
struct client : std::enable_shared_from_this<client> {
  client(loop& io, std::string text) : socket(io), request(std::move(text)) {}

  static void ask(loop& io, std::uint16_t port, std::string request, std::function<void(std::string)> done) {
    auto self = std::make_shared<client>(io, std::move(request));
    self->socket.async_connect({asio::ip::address_v4::loopback(), port},
                               [self, done = std::move(done)](brood::error_code ec) {
                                 if (ec) return done("");
                                 self->talk(done);
                               });
  }

  void talk(const std::function<void(std::string)>& done) {
    brood::error_code ignored;
    asio::write(socket, asio::buffer(request), ignored);
    asio::async_read(socket, asio::dynamic_buffer(answer),
                     [self = shared_from_this(), done](brood::error_code, std::size_t) { done(self->answer); });
  }

  tcp::socket socket;
  std::string request;
  std::string answer;
};

/// Asks `count` times, one connection after another, and calls `done` with how often each answer came.
void ask_often(loop& io, std::uint16_t port, int count, std::function<void(std::map<std::string, int>)> done) {
  auto shares = std::make_shared<std::map<std::string, int>>();
  auto next = std::make_shared<std::function<void(int)>>();
  *next = [&io, port, shares, done = std::move(done), weak = std::weak_ptr(next), keep = next](int left) mutable {
    if (left == 0) {
      auto finish = std::move(done);
      keep.reset();
      return finish(*shares);
    }
    client::ask(io, port, "", [shares, left, next = weak.lock()](const std::string& answer) {
      ++(*shares)[answer];
      (*next)(left - 1);
    });
  };
  (*next)(count);
}

TEST(cluster, tells_the_life_of_a_worker_in_order) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  std::vector<std::string> events;
  primary.forked.on([&](cluster::worker& w) { events.push_back("forked " + std::to_string(w.id())); });
  primary.online.on([&](cluster::worker&) { events.push_back("online"); });
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    events.push_back("listening " + where.host);
    EXPECT_GT(where.port, 0);
    w.disconnect();
  });
  primary.disconnected.on([&](cluster::worker& w, brood::error_code why) {
    EXPECT_FALSE(why);
    EXPECT_TRUE(w.exited_after_disconnect());
    events.push_back("disconnected");
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_TRUE(w.is_dead());
    EXPECT_FALSE(w.is_connected());
    events.push_back(to_string(status));
  });
  auto& w = primary.fork();
  EXPECT_EQ(w.id(), 1);
  EXPECT_GT(w.pid(), 0);
  EXPECT_EQ(primary.workers().size(), 1U);
  EXPECT_TRUE(events.empty());
  io.run();
  EXPECT_EQ(events, (std::vector<std::string>{"forked 1", "online", "listening 127.0.0.1", "disconnected",
                                              "exited with code 0"}));
  EXPECT_TRUE(primary.workers().empty());
}

TEST(cluster, shares_a_port_exactly_evenly) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  std::set<std::uint16_t> ports;
  int listening = 0;
  std::map<std::string, int> shares;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    ports.insert(where.port);
    if (++listening != 4) return;
    ask_often(io, where.port, 400, [&](std::map<std::string, int> result) {
      shares = std::move(result);
      primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
    });
  });
  for (int i = 0; i < 4; ++i) primary.fork();
  io.run();
  EXPECT_EQ(ports.size(), 1U) << "port 0 is the same port for all";
  ASSERT_EQ(shares.size(), 4U);
  for (const auto& [answer, count] : shares) EXPECT_EQ(count, 100) << answer;
}

TEST(cluster, replaces_a_killed_worker_and_loses_no_later_connection) {
  loop io;
  auto with = echo_workers();
  with.restart.lived = 0ms;  // a worker killed in a test is no failed start
  cluster::primary primary{io, with};
  std::uint16_t port = 0;
  int listening = 0;
  std::map<std::string, int> shares;
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    if (w.exited_after_disconnect()) return;
    EXPECT_EQ(status, brood::exit_status::killed(SIGKILL));
    primary.fork();
  });
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    port = where.port;
    ++listening;
    if (listening == 2) primary.find(1)->kill(SIGKILL);
    if (listening != 3) return;
    ask_often(io, port, 30, [&](std::map<std::string, int> result) {
      shares = std::move(result);
      primary.async_disconnect([](brood::error_code) {});
    });
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(shares.size(), 2U);
  for (const auto& [answer, count] : shares) EXPECT_EQ(count, 15) << answer;
}

TEST(cluster, gives_what_a_dead_worker_had_not_taken_to_another) {
  // Worker 1 is stopped, so it is handed one connection and never answers. Killed, it must not take the client along.
  loop io;
  auto with = echo_workers();
  cluster::primary primary{io, with};
  int listening = 0;
  int answered = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    primary.find(1)->kill(SIGSTOP);
    auto answer = [&](const std::string& text) {
      EXPECT_NE(text.find("worker 2"), std::string::npos) << text;
      if (++answered == 5) primary.find(1)->kill(SIGKILL);
      if (answered == 6) primary.async_disconnect([](brood::error_code) {});
    };
    for (int i = 0; i < 6; ++i) client::ask(io, where.port, "", answer);
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(answered, 6);
}

TEST(cluster, carries_messages_between_primary_and_worker) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  std::vector<std::string> heard;
  primary.message.on(
      [&](cluster::worker&, const brood::message& m) { heard.push_back(std::to_string(m.body.at("id").as_int64())); });
  auto& w = primary.fork();
  w.messages.on([&](const brood::message& m) {
    EXPECT_EQ(m.body.at("pid").as_int64(), w.pid());
    heard.push_back("own");
    w.send({{"op", "disconnect"}});
  });
  w.send({{"op", "id"}});
  bool voluntarily = false;
  primary.exited.on([&](cluster::worker& gone, brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(0));
    voluntarily = gone.exited_after_disconnect();
  });
  io.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "own"}));
  EXPECT_TRUE(voluntarily);
}

TEST(cluster, tells_a_worker_that_the_port_is_in_use) {
  loop io;
  tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
  auto with = echo_workers();
  with.args = brood::arguments{std::to_string(taken.local_endpoint().port())};
  cluster::primary primary{io, with};
  std::string failed;
  primary.message.on([&](cluster::worker& w, const brood::message& m) {
    failed = m.body.at("failed").as_string();
    EXPECT_TRUE(w.is_connected()) << "the worker lives and may try another port";
    primary.async_disconnect([](brood::error_code) {});
  });
  primary.fork();
  io.run();
  EXPECT_EQ(failed, "Address already in use");
}

TEST(cluster, does_not_spin_when_workers_die_at_once) {
  loop io;
  auto with = echo_workers();
  with.args = brood::arguments{"0", "die"};
  with.restart = {.first = 40ms, .factor = 2, .most = 1000ms, .lived = 60'000ms};
  std::vector<std::string> lines;
  with.log = [&](brood::log_level, std::string_view text) { lines.emplace_back(text); };
  cluster::primary primary{io, with};
  std::vector<pid_t> pids;
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(9));
    EXPECT_FALSE(w.exited_after_disconnect());
    if (w.id() == 4) return;
    pids.push_back(primary.fork().pid());
  });
  primary.fork();
  io.run();
  EXPECT_EQ(pids, (std::vector<pid_t>{0, 0, 0})) << "each start was put off";
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].find("worker 2 is started in "), 0U) << lines[0];
}

TEST(cluster, who_connected_before_a_disconnect_is_answered) {
  // More than the primary accepts in a turn, and none of it accepted yet: the handler below does not let it.
  constexpr int count = 300;
  loop io;
  auto with = echo_workers();
  with.drain = 60'000ms;
  cluster::primary primary{io, with};
  std::vector<std::shared_ptr<client>> clients;
  std::map<std::string, int> shares;
  bool done = false;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    for (int i = 0; i < count; ++i) {
      auto one = clients.emplace_back(std::make_shared<client>(io, ""));
      one->socket.connect({asio::ip::address_v4::loopback(), where.port});
      one->talk([&](const std::string& answer) { ++shares[answer]; });
    }
    primary.async_disconnect([&](brood::error_code ec) {
      EXPECT_FALSE(ec);
      done = true;
    });
  });
  primary.exited.on(
      [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_TRUE(done);
  EXPECT_FALSE(shares.contains("")) << shares[""] << " clients were let down";
  EXPECT_EQ(shares.size(), 2U) << "both workers took part";
  int answered = 0;
  for (const auto& [answer, times] : shares) answered += times;
  EXPECT_EQ(answered, count);
}

TEST(cluster, a_worker_that_takes_no_connection_does_not_keep_the_others) {
  // Worker 1 is stopped with a connection on its way to it. The others are told to go all the same, and the client
  // gets its answer from whoever is left when worker 1 is killed, or none: but nobody waits for ever.
  loop io;
  auto with = echo_workers();
  with.drain = 3000ms;
  with.stop = {{SIGKILL, 0ms}};
  cluster::primary primary{io, with};
  std::vector<brood::exit_status> ends;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < 2; ++i) client::ask(io, where.port, "", [](const std::string&) {});
    asio::post(io, [&] { primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); }); });
  });
  primary.exited.on([&](cluster::worker&, brood::exit_status status) { ends.push_back(status); });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(ends, (std::vector{brood::exit_status::exited(0), brood::exit_status::killed(SIGKILL)}));
}

TEST(cluster, a_worker_that_will_not_go_is_made_to) {
  loop io;
  auto with = echo_workers();
  with.drain = 20ms;
  with.stop = {{SIGTERM, 20ms}, {SIGKILL, 0ms}};
  cluster::primary primary{io, with};
  std::vector<brood::exit_status> ends;
  primary.listening.on([&](cluster::worker& w, const cluster::address&) {
    w.kill(SIGSTOP);  // it hears neither the primary nor SIGTERM
    primary.async_disconnect([&](brood::error_code ec) {
      EXPECT_FALSE(ec);
      EXPECT_EQ(ends.size(), 1U);
    });
  });
  primary.exited.on([&](cluster::worker&, brood::exit_status status) { ends.push_back(status); });
  primary.fork();
  io.run();
  EXPECT_EQ(ends, (std::vector<brood::exit_status>{brood::exit_status::killed(SIGKILL)}));
}

TEST(cluster, workers_end_with_the_primary) {
  loop io;
  brood::exit_status seen;
  std::optional<cluster::primary> primary;
  primary.emplace(io, echo_workers());
  auto& w = primary->fork();
  auto exited = w.exited;
  primary->listening.on([&](cluster::worker&, const cluster::address&) { asio::post(io, [&] { primary.reset(); }); });
  const pid_t pid = w.pid();
  io.run();
  EXPECT_EQ(::kill(pid, 0), -1) << "reaped, though nobody asked any more";
}

TEST(cluster, a_worker_told_to_go_while_it_waits_for_its_port_goes) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  primary.online.on([&](cluster::worker&) { primary.async_disconnect([](brood::error_code) {}); });
  primary.exited.on(
      [&](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
  for (int i = 0; i < 4; ++i) primary.fork();
  io.run();
  EXPECT_TRUE(primary.workers().empty());
}

TEST(cluster, a_program_that_does_not_exist_is_an_exception) {
  loop io;
  cluster::primary primary{io, {.exec = "/no/such/worker"}};
  EXPECT_THROW(primary.fork(), brood::spawn_error);
  EXPECT_TRUE(primary.workers().empty());
  EXPECT_EQ(io.run(), 0U);
}

TEST(cluster, a_worker_of_a_primary_that_speaks_otherwise_says_so) {
  loop io;
  const auto env = brood::environment{}
                       .set("NODE_CHANNEL_FD", "0")
                       .set("NODE_CHANNEL_SERIALIZATION_MODE", "advanced")
                       .set("NODE_UNIQUE_ID", "1");
  auto worker =
      brood::spawn(io, actor("echo_worker"), {}, {.env = env, .limits = {.resources = {{RLIMIT_CORE, 0, 0}}}});
  std::string errors;
  worker.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_NE(errors.find("this_worker: the parent speaks a serialization that is not known"), std::string::npos) << errors;
}

TEST(cluster, leaves_no_descriptor_behind) {
  const auto before = brood_test::open_descriptors();
  {
    loop io;
    cluster::primary primary{io, echo_workers()};
    int listening = 0;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      if (++listening != 3) return;
      ask_often(io, where.port, 60,
                [&](const std::map<std::string, int>&) { primary.async_disconnect([](brood::error_code) {}); });
    });
    for (int i = 0; i < 3; ++i) primary.fork();
    io.run();
  }
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(cluster, unmodified_node_workers_serve_under_it) {
  loop io;
  cluster::primary primary{io, {.exec = actor("node_worker.js"), .args = brood::arguments{"0"}}};
  std::set<std::string> answers;
  int listening = 0;
  int left = 6;
  std::function<void(std::uint16_t)> next = [&](std::uint16_t port) {
    client::ask(io, port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                [&, port](const std::string& answer) {
                  const auto body = answer.find("\r\n\r\n");
                  ASSERT_NE(body, std::string::npos) << answer;
                  answers.insert(answer.substr(body + 4));
                  if (--left > 0) return next(port);
                  primary.async_disconnect([](brood::error_code) {});
                });
  };
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    EXPECT_EQ(where.host, "127.0.0.1");
    w.send({{"hello", w.id()}});
    if (++listening == 2) next(where.port);
  });
  int echoes = 0;
  primary.message.on([&](cluster::worker& w, const brood::message& m) {
    EXPECT_EQ(m.body.at("echo").at("hello").as_int64(), w.id());
    ++echoes;
  });
  std::vector<brood::exit_status> ends;
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_TRUE(w.exited_after_disconnect());
    ends.push_back(status);
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(answers.size(), 2U);
  EXPECT_EQ(echoes, 2);
  EXPECT_EQ(ends, std::vector(2, brood::exit_status::exited(0)));
}

TEST(cluster, a_brood_worker_serves_under_a_node_primary) {
  loop io;
  std::string text;
  auto node = brood::spawn(io, "node", {actor("node_primary.js"), actor("echo_worker")});
  node.out().on_data([&](std::string_view data) { text += data; });
  std::string errors;
  node.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_EQ(text, "online 1\nlistening 1 127.0.0.1 4 true\nworker 1 pid true\ndisconnect true\nexit 0 null\n")
      << errors;
}

}  // namespace

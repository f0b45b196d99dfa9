#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <set>

#include "cluster_support.hpp"

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;

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
  auto w = primary.fork();
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
    ask_often(io, at_loopback(where.port), 400, [&](std::map<std::string, int> result) {
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
  with.restart.min_uptime = 0ms;  // a worker killed in a test is no failed start
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
    ask_often(io, at_loopback(port), 30, [&](std::map<std::string, int> result) {
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
  with.scheduling = cluster::scheduling::round_robin;
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
    for (int i = 0; i < 6; ++i) client::ask(io, at_loopback(where.port), "", answer);
  });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(answered, 6);
}

TEST(cluster, carries_messages_between_primary_and_worker) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  loop io;
  cluster::primary primary{io, echo_workers()};
  std::vector<std::string> heard;
  primary.message.on(
      [&](cluster::worker&, const brood::message& m) { heard.push_back(std::to_string(m.body.at("id").as_int64())); });
  auto w = primary.fork();
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
  with.restart = {.initial_delay = 40ms, .factor = 2, .max_delay = 1000ms, .min_uptime = 60'000ms};
  std::vector<std::string> lines;
  with.log = [&](brood::log_level level, std::string_view text) {
    if (level == brood::log_level::warning) lines.emplace_back(text);
  };
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

TEST(cluster, a_worker_that_takes_no_connection_does_not_keep_the_others) {
  // Worker 1 is stopped with a connection on its way to it. The others are told to go all the same, and the client
  // gets its answer from whoever is left when worker 1 is killed, or none: but nobody waits for ever.
  loop io;
  auto with = echo_workers();
  with.scheduling = cluster::scheduling::round_robin;
  with.drain = 3000ms;
  with.stop = {{SIGKILL, 0ms}};
  cluster::primary primary{io, with};
  std::vector<brood::exit_status> ends;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    primary.find(1)->kill(SIGSTOP);
    for (int i = 0; i < 2; ++i) client::ask(io, at_loopback(where.port), "", [](const std::string&) {});
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
  auto w = primary->fork();
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
  EXPECT_EQ(io.poll(), 0U);
}

TEST(cluster, a_worker_of_a_primary_that_speaks_otherwise_says_so) {
  loop io;
  const auto env = brood::environment{}
                       .set("NODE_CHANNEL_FD", "0")
                       .set("NODE_CHANNEL_SERIALIZATION_MODE", "spoken")
                       .set("NODE_UNIQUE_ID", "1");
  auto worker =
      brood::spawn(io, actor("echo_worker"), {}, {.env = env, .limits = {.resources = {{RLIMIT_CORE, 0, 0}}}});
  std::string errors;
  worker.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_NE(errors.find("this_worker: the parent uses an unknown serialization"), std::string::npos) << errors;
}

TEST(cluster, leaves_no_descriptor_behind) {
  const auto before = open_descriptors();
  {
    loop io;
    cluster::primary primary{io, echo_workers()};
    int listening = 0;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      if (++listening != 3) return;
      ask_often(io, at_loopback(where.port), 60,
                [&](const std::map<std::string, int>&) { primary.async_disconnect([](brood::error_code) {}); });
    });
    for (int i = 0; i < 3; ++i) primary.fork();
    io.run();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(cluster, unmodified_node_workers_live_under_it) {
  loop io;
  cluster::primary primary{io, {.exec = actor("node_worker.js"), .args = brood::arguments{"0"}}};
  std::set<std::string> answers;
  int listening = 0;
  int left = 6;
  std::function<void(std::uint16_t)> next = [&](std::uint16_t port) {
    client::ask(io, at_loopback(port), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
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

class under_a_node_primary : public testing::TestWithParam<std::string> {};

TEST_P(under_a_node_primary, a_brood_worker_serves) {
  loop io;
  std::string text;
  const auto env = brood::environment{}.set("NODE_CLUSTER_SCHED_POLICY", GetParam());
  auto node = brood::spawn(io, "node", {actor("node_primary.js"), actor("echo_worker")}, {.env = env});
  node.out().on_data([&](std::string_view data) { text += data; });
  std::string errors;
  node.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_EQ(text, "online 1\nlistening 1 127.0.0.1 4 true\nworker 1 pid true\ndisconnect true\nexit 0 null\n")
      << errors;
}

TEST_P(under_a_node_primary, a_port_in_use_is_an_ordinary_error) {
  loop io;
  tcp::acceptor taken(io, at_loopback(0));
  std::string text;
  const auto env = brood::environment{}.set("NODE_CLUSTER_SCHED_POLICY", GetParam());
  auto node = brood::spawn(
      io, "node", {actor("node_primary.js"), actor("echo_worker"), std::to_string(taken.local_endpoint().port())},
      {.env = env});
  node.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_EQ(text, "online 1\nfailed Address already in use\ndisconnect true\nexit 0 null\n");
}

INSTANTIATE_TEST_SUITE_P(that_schedules_by, under_a_node_primary, testing::Values("rr", "none"),
                         [](const auto& one) { return one.param; });

}  // namespace

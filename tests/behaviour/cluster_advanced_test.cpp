#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <set>

#include "cluster_support.hpp"

// Clusters whose messages are in the advanced serialization, with brood and with real Node on either side.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;

TEST(a_cluster_in_advanced, serves_with_its_own_workers) {
  loop io;
  auto with = echo_workers();
  with.serialization = brood::serialization::advanced;
  cluster::primary primary{io, with};
  std::set<std::string> answers;
  std::vector<brood::exit_status> ends;
  int listening = 0;
  int told = 0;
  const auto end_when_done = [&] {
    if (told == 2 && answers.size() == 2) primary.async_disconnect([](brood::error_code) {});
  };
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    w.send({{"op", "id"}});
    if (++listening != 2) return;
    for (int i = 0; i < 4; ++i) {
      client::ask(io, at_loopback(where.port), "", [&](const std::string& answer) {
        answers.insert(answer);
        end_when_done();
      });
    }
  });
  primary.message.on([&](cluster::worker& w, const brood::message& m) {
    EXPECT_EQ(m.body.at("id").as_int64(), w.id());
    ++told;
    end_when_done();
  });
  primary.exited.on([&](cluster::worker&, brood::exit_status status) { ends.push_back(status); });
  primary.fork();
  primary.fork();
  io.run();
  EXPECT_EQ(answers.size(), 2U) << "each worker has answered";
  EXPECT_EQ(ends, std::vector(2, brood::exit_status::exited(0)));
}

TEST(a_cluster_in_advanced, serves_with_node_workers) {
  loop io;
  cluster::primary primary{io,
                           {.exec = actor("node_worker.js"),
                            .args = brood::arguments{"0"},
                            .serialization = brood::serialization::advanced}};
  std::string served;
  bool echoed = false;
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    EXPECT_EQ(where.host, "127.0.0.1");
    w.send(brood::value(brood::js::map{{"hello", w.id()}}));
    client::ask(io, at_loopback(where.port), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                [&](const std::string& answer) {
                  served = answer.substr(answer.find("\r\n\r\n") + 4);
                  primary.async_disconnect([](brood::error_code) {});
                });
  });
  primary.message.on([&](cluster::worker&, const brood::message& m) {
    echoed = *m.content().find("echo") == brood::value(brood::js::map{{"hello", 1}});
  });
  std::vector<brood::exit_status> ends;
  primary.exited.on([&](cluster::worker&, brood::exit_status status) { ends.push_back(status); });
  primary.fork();
  io.run();
  EXPECT_EQ(served.substr(0, 13), "node worker 1");
  EXPECT_TRUE(echoed);
  EXPECT_EQ(ends, std::vector(1, brood::exit_status::exited(0)));
}

TEST(a_cluster_in_advanced, of_node_is_served_by_a_brood_worker) {
  loop io;
  std::string text;
  auto node = brood::spawn(io, "node", {actor("node_primary.js"), actor("echo_worker"), "0", "advanced"});
  node.out().on_data([&](std::string_view data) { text += data; });
  std::string errors;
  node.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_EQ(text, "online 1\nlistening 1 127.0.0.1 4 true\nworker 1 pid true\ndisconnect true\nexit 0 null\n")
      << errors;
}

}  // namespace

// Other people's programs as our peers: curl and Node as clients, Node as a server, Node in our clusters and we in its.
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "brood/child_process.hpp"
#include "brood/cluster.hpp"
#include "brood/spawn_sync.hpp"
#include "https/tls_peer.hpp"

namespace brood_test {
namespace {

namespace cluster = brood::cluster;
namespace https = brood::https;

std::string actor(const std::string& name) { return BROOD_ACTORS_DIR "/" + name; }

bool installed(const std::string& program) { return brood::exec_sync("command -v " + program).ok(); }

struct https_programs : testing::Test {
  served_securely server{echoes};
  const std::string ca = server.issuer().ca().string();

  /// What curl wrote, or the code it ended with.
  std::string curl(brood::arguments args) {
    args.insert(args.begin(), {"-sS", "--max-time", "30"});
    const auto result = brood::exec_file_sync("curl", args);
    return result.ok() ? result.out : to_string(result.status);
  }
};

TEST_F(https_programs, curl_gets_and_posts) {
  if (!installed("curl")) GTEST_SKIP() << "curl is not installed";
  EXPECT_EQ(curl({"--cacert", ca, server.url("/a")}), "/a ");
  EXPECT_EQ(curl({"--cacert", ca, "--tls-max", "1.2", server.url("/a")}), "/a ");
  EXPECT_EQ(curl({"--cacert", ca, "-d", "body", server.url("/p"), server.url("/q")}), "/p body/q body");
  // It offers h2 first.
  EXPECT_EQ(curl({"--cacert", ca, "--http2", "-o", "/dev/null", "-w", "%{http_version}", server.url("/")}), "1.1");
  EXPECT_EQ(curl({server.url("/a")}), "exited with code 60");
  EXPECT_EQ(curl({"-o", "/dev/null", "-w", "%{http_code}",
                  "http://127.0.0.1:" + std::to_string(server.where().port()) + "/"}),
            "400");
}

TEST_F(https_programs, node_gets_and_resumes) {
  const auto result = brood::exec_file_sync("node", {actor("node_https_client.js"), ca, server.url("/a")});
  EXPECT_EQ(result.out, "/a  new\n/a  resumed\nUNABLE_TO_VERIFY_LEAF_SIGNATURE\n") << result.err;
}

TEST(https_programs_once, we_get_from_node) {
  authority issuer;
  const auto files = issuer.issue({.file = "server"});
  asio::io_context loop;
  auto node =
      brood::spawn(loop, "node", {actor("node_https_server.js"), files.certificate.string(), files.key.string()},
                   {.err = brood::stdio::inherit});
  const http::client client{loop, {.tls = https::client_tls{issuer.client()}}};
  std::string answer;
  node.out().on_data([&, url = std::string()](std::string_view text) mutable {
    url += text;
    if (!url.ends_with('\n')) return;
    url.pop_back();
    client.get(url + "/x", [&](brood::error_code ec, const http::client_response& response) {
      answer = ec ? ec.message() : response.body;
      node.in().end();
    });
  });
  loop.run();
  EXPECT_EQ(answer, "node /x");
}

/// Two workers are asked in turn, six times with the session of the time before: how it went.
std::string resumed_in_turn(std::uint16_t port) {
  // Node gives no new ticket to who resumes a session of TLS 1.3, and a ticket of that is used once.
  peer_context context{TLS1_2_VERSION};
  std::string result;
  for (int i = 0; i < 6; ++i) {
    tls_peer client{context, {asio::ip::address_v4::loopback(), port}, {.resume = i > 0}};
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto text = client.rest();
    result += text.substr(text.find("\r\n\r\n") + 4) + (client.resumed() ? " again, " : ", ");
  }
  return result;
}

TEST(https_programs_once, node_workers_resume_each_others_sessions_under_our_primary) {
  authority issuer;
  const auto files = issuer.issue({.file = "server"});
  asio::io_context loop;
  cluster::primary primary{loop,
                           {.exec = actor("node_https_server.js"),
                            .args = brood::arguments{files.certificate.string(), files.key.string()},
                            .scheduling = cluster::scheduling::round_robin}};
  std::string result;
  std::thread thread;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    thread = std::thread([&, port = where.port, guard = asio::make_work_guard(loop)] {
      result = resumed_in_turn(port);
      asio::post(loop, [&] { primary.async_disconnect([](brood::error_code) {}); });
    });
  });
  primary.fork();
  primary.fork();
  loop.run();
  thread.join();
  EXPECT_TRUE(result == "node 1, node 2 again, node 1 again, node 2 again, node 1 again, node 2 again, " ||
              result == "node 2, node 1 again, node 2 again, node 1 again, node 2 again, node 1 again, ")
      << result;
}

}  // namespace
}  // namespace brood_test

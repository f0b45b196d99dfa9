// Sessions that resume on whatever worker of a cluster the client meets.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "brood/child_process.hpp"
#include "brood/cluster.hpp"
#include "https/tls_peer.hpp"

namespace brood_test {
namespace {

namespace cluster = brood::cluster;
using std::chrono::milliseconds;

/// The worker's side of the tests below, which start this very program for it. Nothing to do elsewhere.
TEST(https_cluster, worker_side) {
  if (!cluster::is_worker()) return;
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string folder = std::getenv("BROOD_TEST_CERTIFICATES");
  brood::https::server_tls_options options{.certificate = folder + "/server.pem", .key = folder + "/server.key"};
  if (const char* given = std::getenv("BROOD_TEST_LIFETIME"))
    options.ticket_key_lifetime = milliseconds(std::atoi(given));
  const brood::https::server_tls tls{options};
  http::server server{
      self, [&](const auto&, auto& response) { response.end("worker " + std::to_string(self.id())); }, {.tls = tls}};
  server.listen(http::server::endpoint(asio::ip::address_v4::loopback(), 0));
  loop.run();
}

class crew {
 public:
  explicit crew(cluster::scheduling scheduling, std::optional<milliseconds> lifetime = {})
      : primary(loop, settings(scheduling)) {
    if (lifetime) changes.set("BROOD_TEST_LIFETIME", std::to_string(lifetime->count()));
    primary.listening.on([this](cluster::worker&, const cluster::address& where) {
      at = {asio::ip::address_v4::loopback(), where.port};
      if (++listening == 2) work(primary);
    });
    primary.exited.on(
        [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
    issuer.server();
    changes.set("BROOD_TEST_CERTIFICATES", issuer.ca().parent_path().string());
  }
  ~crew() {
    if (thread.joinable()) thread.join();
  }

  /// With two workers that listen, runs `clients` on a thread.
  void run(std::function<void()> clients) {
    primary.fork(changes);
    primary.fork(changes);
    work = [this, clients = std::move(clients)](cluster::primary&) {
      thread = std::thread([this, clients, guard = asio::make_work_guard(loop)] {
        clients();
        asio::post(loop, [this] { primary.async_disconnect([](brood::error_code) {}); });
      });
    };
    loop.run();
  }
  /// Waits for it on the clients' thread.
  void reload() {
    std::promise<cluster::reload_result> done;
    asio::post(loop, [&] {
      primary.async_reload({},
                           [&](brood::error_code, const cluster::reload_result& verdict) { done.set_value(verdict); });
    });
    EXPECT_EQ(done.get_future().get().replaced, 2U);
  }

  static cluster::settings settings(cluster::scheduling scheduling) {
    return {.args = brood::arguments{"--gtest_filter=https_cluster.worker_side"},
            .out = brood::stdio::ignore,
            .scheduling = scheduling};
  }

  authority issuer;
  brood::environment changes;
  asio::io_context loop{1};
  cluster::primary primary;
  asio::ip::tcp::endpoint at;
  int listening = 0;
  std::function<void(cluster::primary&)> work;
  std::thread thread;
};

/// Asks once; adds to the workers met. Whether the session was resumed.
bool ask(peer_context& context, const asio::ip::tcp::endpoint& where, bool resume, std::set<std::string>& met) {
  tls_peer client{context, where, {.resume = resume}};
  if (!client.connected()) return false;
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.until("worker ");
  met.insert(client.rest());
  return client.resumed();
}

TEST(https_cluster, a_node_primary_passes_the_keys_on) {
  authority issuer;
  issuer.server();
  asio::io_context loop;
  const auto certificates = brood::environment{}.set("BROOD_TEST_CERTIFICATES", issuer.ca().parent_path().string());
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  auto node = brood::spawn(loop, "node",
                           {BROOD_ACTORS_DIR "/node_shared_port.js", self, "--gtest_filter=https_cluster.worker_side"},
                           {.env = certificates, .err = brood::stdio::inherit});
  std::set<std::string> met;
  int resumed = 0;
  node.out().on_data([&, text = std::string()](std::string_view data) mutable {
    text += data;
    if (!text.ends_with('\n')) return;
    // The workers are processes of their own: nothing here has to go on meanwhile.
    const asio::ip::tcp::endpoint where{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(text))};
    peer_context context;
    for (int i = 0; i < 5; ++i) resumed += ask(context, where, i > 0, met) ? 1 : 0;
    node.in().end();
  });
  loop.run();
  EXPECT_EQ(resumed, 4);
  EXPECT_EQ(met.size(), 2U);
}

class https_cluster_resumption : public testing::TestWithParam<cluster::scheduling> {};
INSTANTIATE_TEST_SUITE_P(schedulings, https_cluster_resumption,
                         testing::Values(cluster::scheduling::kernel_round_robin, cluster::scheduling::round_robin),
                         [](const auto& one) { return std::string(to_string(one.param)); });

TEST_P(https_cluster_resumption, works_on_any_worker_and_across_generations) {
  crew c{GetParam()};
  c.run([&] {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      peer_context context{version};
      std::set<std::string> met;
      EXPECT_FALSE(ask(context, c.at, false, met));
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(context, c.at, true, met)) << i;
      EXPECT_EQ(met.size(), 2U);
    }
    peer_context context;
    std::set<std::string> met;
    EXPECT_FALSE(ask(context, c.at, false, met));
    c.reload();
    met.clear();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ask(context, c.at, true, met)) << i;
    EXPECT_EQ(met.size(), 2U);
  });
}

// ---- keys that are renewed

/// The names of the keys that two workers, who are asked in turn, make tickets with.
std::set<std::string> keys_in_use(const asio::ip::tcp::endpoint& where) {
  std::set<std::string> names;
  std::set<std::string> met;
  for (int i = 0; i < 2; ++i) {
    peer_context context{TLS1_2_VERSION};
    ask(context, where, false, met);
    names.insert(context.ticket_keys());
  }
  EXPECT_EQ(met.size(), 2U);
  return names;
}

/// A session, and whether the two workers resume it.
struct kept_session {
  explicit kept_session(const asio::ip::tcp::endpoint& where) : at(where) {
    std::set<std::string> met;
    ask(context, at, false, met);
    context.keep_session();
  }
  int resumed_by() {
    std::set<std::string> met;
    int count = 0;
    for (int i = 0; i < 2; ++i) count += ask(context, at, true, met) ? 1 : 0;
    EXPECT_EQ(met.size(), 2U);
    return count;
  }
  std::string keys() const { return context.ticket_keys(); }

  asio::ip::tcp::endpoint at;
  peer_context context{TLS1_2_VERSION};
};

/// The keys that have followed `first`, once both workers use them; empty if they may not be the next ones.
std::string next_keys(const asio::ip::tcp::endpoint& where, const std::string& first, milliseconds lifetime) {
  auto last_seen = std::chrono::steady_clock::now();
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const auto used = keys_in_use(where);
    if (used.contains(first)) {
      last_seen = now;
    } else {
      return used.size() == 1 && now - last_seen < lifetime / 2 ? *used.begin() : std::string();
    }
  }
}

/// False: it took so long that nothing follows from it.
bool check_renewal(crew& c, milliseconds lifetime) {
  kept_session session{c.at};
  const auto next = next_keys(c.at, session.keys(), lifetime);
  if (next.empty()) return false;
  const auto before = session.resumed_by();
  c.reload();
  const auto after = session.resumed_by();
  if (keys_in_use(c.at) != std::set{next}) return false;
  EXPECT_EQ(before, 2);
  EXPECT_EQ(after, 2) << "by workers that never had its keys in use";

  std::set<std::string> used;
  do {
    used = keys_in_use(c.at);
  } while (used.contains(session.keys()) || used.contains(next));
  EXPECT_EQ(session.resumed_by(), 0);
  return true;
}

TEST(https_cluster, sessions_outlive_one_renewal_of_their_keys_and_a_reload_but_not_two_renewals) {
  bool checked = false;
  for (auto lifetime = milliseconds(500); !checked && lifetime < std::chrono::minutes(1); lifetime *= 2) {
    crew c{cluster::scheduling::round_robin, lifetime};
    c.run([&] { checked = check_renewal(c, lifetime); });
  }
  EXPECT_TRUE(checked);
}

TEST(https_cluster, keys_to_be_renewed_do_not_keep_a_primary_without_workers) {
  authority issuer;
  issuer.server();
  asio::io_context loop{1};
  cluster::primary primary{loop, crew::settings(cluster::scheduling::round_robin)};
  primary.listening.on([](cluster::worker& w, const cluster::address&) { w.kill(SIGKILL); });
  primary.fork(brood::environment{}.set("BROOD_TEST_CERTIFICATES", issuer.ca().parent_path().string()));
  loop.run();  // returns
  EXPECT_TRUE(primary.workers().empty());
}

}  // namespace
}  // namespace brood_test

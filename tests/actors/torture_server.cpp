// A cluster of HTTP servers that is treated badly; tests/torture does so.
//   torture_server PORT WORKERS SCHEDULING EXEC PATIENCE_MS HEARTBEAT_MS
// EXEC is the workers' program, this one as a rule. SIGHUP reloads with that ready_timeout, SIGTERM ends it. Prints
// "scheduling NAME", the one it got, and "reload REPLACED KEPT REASON" for each reload. A worker with NEVER_READY in
// its environment serves but never says that it is ready.
#include <unistd.h>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <brood/cluster.hpp>
#include <brood/http.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;
using namespace std::chrono_literals;

cluster::scheduling named(const std::string& name) {
  for (auto one : {cluster::scheduling::kernel_round_robin, cluster::scheduling::kernel_least_loaded,
                   cluster::scheduling::round_robin, cluster::scheduling::shared, cluster::scheduling::program}) {
    if (to_string(one) == name) return one;
  }
  return cluster::scheduling::automatic;
}

cluster::choice least_connections(const cluster::incoming& a) {
  const auto load = [](const cluster::candidate& w) { return w.open.value_or(w.accepted) + w.waiting; };
  return *std::min_element(a.workers.begin(), a.workers.end(),
                           [&](const auto& one, const auto& other) { return load(one) < load(other); });
}

int run_primary(char** argv) {
  asio::io_context loop{1};
  cluster::settings with;
  with.scheduling = named(argv[3]);
  with.exec = argv[4];
  with.explicit_ready = true;
  with.restart.min_uptime = 0ms;  // a death each 50 ms is what is wanted here, not that the next start waits
  with.stop = {{SIGTERM, 500ms}, {SIGKILL, 0ms}};
  with.heartbeat = std::chrono::milliseconds(std::atoi(argv[6]));
  if (with.scheduling == cluster::scheduling::program) with.choose = least_connections;
  cluster::primary primary{loop, with};
  std::cout << "scheduling " << to_string(primary.scheduling()) << std::endl;
  asio::signal_set hang_up(loop, SIGHUP);
  asio::signal_set end(loop, SIGTERM);
  const std::chrono::milliseconds ready_timeout(std::atoi(argv[5]));
  bool ending = false;
  primary.exited.on([&](cluster::worker& w, const brood::exit_status&) {
    if (!w.exited_after_disconnect() && !ending) primary.fork();
  });
  std::function<void(brood::error_code, int)> reload = [&](brood::error_code ec, int) {
    if (ec) return;
    primary.async_reload({.ready_timeout = ready_timeout},
                         [&](brood::error_code failed, const cluster::reload_result& verdict) {
                           std::cout << "reload " << verdict.replaced << ' ' << verdict.kept << ' '
                                     << (failed ? failed.message() : verdict.reason) << std::endl;
                         });
    hang_up.async_wait(reload);
  };
  hang_up.async_wait(reload);
  end.async_wait([&](brood::error_code, int) {
    ending = true;
    hang_up.cancel();
    primary.async_disconnect([](brood::error_code) {});
  });
  for (int i = 0; i < std::atoi(argv[2]); ++i) primary.fork();
  loop.run();
  return 0;
}

int run_worker(char** argv) {
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string text =
      "hello from worker " + std::to_string(self.id()) + " pid " + std::to_string(::getpid()) + '\n';
  brood::http::server server{self, [&](const auto&, auto& response) { response.end(text); }};
  server.listening.async_wait([&](brood::error_code ec, const asio::ip::tcp::endpoint&) {
    if (!ec && std::getenv("NEVER_READY") == nullptr) self.ready();
    if (ec && ec != brood::errc::listener_closed) std::cout << "cannot listen: " << ec.message() << std::endl;
  });
  server.listen({asio::ip::tcp::v4(), static_cast<std::uint16_t>(std::atoi(argv[1]))});
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  return cluster::is_primary() ? run_primary(argv) : run_worker(argv);
}

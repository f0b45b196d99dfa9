// The program's own rules for distributing connections. docs/cluster.md quotes the functions of this file.
//
//     scheduling ip-hash|weighted|least-connections|queue [--port N] [--workers N]
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <brood/cluster.hpp>
#include <brood/http.hpp>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

/// A client always gets the same worker. If that worker exits, only its own clients move.
cluster::choice ip_hash(const cluster::incoming& a) {
  const auto weight = [&](const cluster::candidate& w) {
    return std::hash<std::string>{}(a.from.host + '/' + std::to_string(w.id));
  };
  return *std::max_element(a.workers.begin(), a.workers.end(),
                           [&](const auto& one, const auto& other) { return weight(one) < weight(other); });
}

/// The worker with the fewest open connections, or with the fewest given ones if it does not report them, as Node's.
cluster::choice least_connections(const cluster::incoming& a) {
  const auto load = [](const cluster::candidate& w) { return w.open.value_or(w.accepted) + w.waiting; };
  return *std::min_element(a.workers.begin(), a.workers.end(),
                           [&](const auto& one, const auto& other) { return load(one) < load(other); });
}

/// In turn, with a weight for each worker, evenly spread: the smooth weighted round robin of nginx.
class weighted {
 public:
  explicit weighted(std::function<int(int)> weight_of) : weight_of_(std::move(weight_of)) {}

  cluster::choice operator()(const cluster::incoming& a) {
    int total = 0;
    int best = a.workers.front().id;
    for (const auto& w : a.workers) {
      total += weight_of_(w.id);
      credit_[w.id] += weight_of_(w.id);
      if (credit_[w.id] > credit_[best]) best = w.id;
    }
    credit_[best] -= total;
    return best;
  }

 private:
  std::function<int(int)> weight_of_;
  std::map<int, int> credit_;
};

/// No worker has more than two connections at a time; further ones wait.
cluster::choice queue(const cluster::incoming& a) {
  const auto busy = [](const cluster::candidate& w) { return w.open.value_or(0) + w.waiting; };
  for (const auto& w : a.workers) {
    if (busy(w) < 2) return w;
  }
  return cluster::choice::defer();
}

cluster::choose_function rule_named(const std::string& name) {
  if (name == "ip-hash") return ip_hash;
  if (name == "least-connections") return least_connections;
  if (name == "queue") return queue;
  // The first worker is on the fast core.
  return weighted([](int id) { return id == 1 ? 3 : 1; });
}

int run_primary(const std::string& rule, unsigned workers) {
  asio::io_context loop{1};
  cluster::primary primary{loop, {.choose = rule_named(rule)}};
  for (auto& one : cluster::take_activated_sockets()) primary.adopt(std::move(one.fd));
  primary.listening.on([](cluster::worker& w, const cluster::address& at) {
    std::cout << "worker " << w.id() << " listening " << at << std::endl;
  });
  primary.exited.on([&](cluster::worker& w, const brood::exit_status& status) {
    std::cout << "worker " << w.id() << ' ' << status << std::endl;
    if (!w.exited_after_disconnect()) primary.fork();
  });
  for (unsigned i = 0; i < workers; ++i) primary.fork();
  asio::signal_set tell{loop, SIGUSR1};
  std::function<void(brood::error_code, int)> print = [&](brood::error_code ec, int) {
    if (ec) return;
    std::cout << boost::json::serialize(boost::json::value_from(primary.stats())) << std::endl;
    tell.async_wait(print);
  };
  tell.async_wait(print);
  asio::signal_set end{loop, SIGTERM, SIGINT};
  end.async_wait([&](brood::error_code, int) { primary.async_disconnect([&](brood::error_code) { tell.cancel(); }); });
  loop.run();
  return 0;
}

int run_worker(unsigned port) {
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole terminal; the primary ends the workers
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string text =
      "hello from worker " + std::to_string(self.id()) + " pid " + std::to_string(::getpid()) + '\n';
  brood::http::server server{self, [&](const auto&, auto& response) { response.end(text); }};
  server.listen(static_cast<std::uint16_t>(port));
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string rule;
  unsigned port = 8000;
  unsigned workers = brood::available_parallelism();
  CLI::App app{"An HTTP server on every core whose connections are spread by the program's own rule"};
  app.add_option("RULE", rule, "how connections are distributed")
      ->required()
      ->check(CLI::IsMember({"ip-hash", "weighted", "least-connections", "queue"}));
  app.add_option("--port", port, "where to listen")->check(CLI::Range(0, 65535))->capture_default_str();
  app.add_option("--workers", workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return cluster::is_primary() ? run_primary(rule, workers) : run_worker(port);
} catch (const std::exception& error) {
  std::cerr << "scheduling: " << error.what() << '\n';
  return 1;
}

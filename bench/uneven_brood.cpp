// An HTTP server some of whose requests keep the processor busy: uneven_brood RULE WORKERS --port PORT. The rule is a
// scheduling's name or one of those of examples/scheduling.cpp.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <brood/cluster.hpp>
#include <brood/http.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

constexpr std::chrono::milliseconds heavy{20};

std::chrono::nanoseconds used() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void keep_busy() {
  for (const auto until = used() + heavy; used() < until;) {}
}

cluster::choice least_connections(const cluster::incoming& a) {
  const auto load = [](const cluster::candidate& w) { return w.open.value_or(w.accepted) + w.waiting; };
  return *std::min_element(a.workers.begin(), a.workers.end(),
                           [&](const auto& one, const auto& other) { return load(one) < load(other); });
}

cluster::choice queue(const cluster::incoming& a) {
  const auto busy = [](const cluster::candidate& w) { return w.open.value_or(0) + w.waiting; };
  for (const auto& w : a.workers) {
    if (busy(w) < 2) return w;
  }
  return cluster::choice::defer();
}

cluster::settings settings_for(const std::string& rule) {
  cluster::settings with;
  if (rule == "least_connections") with.choose = least_connections;
  if (rule == "queue") with.choose = queue;
  for (auto one : {cluster::scheduling::kernel_round_robin, cluster::scheduling::kernel_least_loaded,
                   cluster::scheduling::round_robin, cluster::scheduling::shared}) {
    if (to_string(one) == rule) with.scheduling = one;
  }
  return with;
}

void be_primary(const std::string& rule, int workers) {
  asio::io_context loop{1};
  cluster::primary primary{loop, settings_for(rule)};
  for (int i = 0; i < workers; ++i) primary.fork();
  asio::signal_set end{loop, SIGTERM};
  end.async_wait([&](brood::error_code, int) { primary.async_disconnect([](brood::error_code) {}); });
  loop.run();
}

void be_worker(std::uint16_t port) {
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string text =
      "hello from worker " + std::to_string(self.id()) + " pid " + std::to_string(::getpid()) + '\n';
  brood::http::server server{self, [&](const auto& request, auto& response) {
                               if (request.path() == "/heavy") keep_busy();
                               response.end(text);
                             }};
  server.listen(port);
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  if (cluster::is_worker()) {
    be_worker(static_cast<std::uint16_t>(std::atoi(argv[4])));
  } else {
    be_primary(argv[1], std::atoi(argv[2]));
  }
}

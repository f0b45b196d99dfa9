// An HTTP server on every core, behind one port. A worker that exits or hangs is replaced. SIGHUP replaces all workers
// without losing a request. SIGTERM or Ctrl-C shuts the server down gracefully.
//
//     hello_cluster [--port N] [--workers N] [--scheduling NAME]
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <brood/cluster.hpp>
#include <brood/http.hpp>
#include <csignal>
#include <iostream>
#include <map>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

struct options {
  unsigned port = 8000;
  unsigned workers = brood::available_parallelism();
  cluster::scheduling scheduling = cluster::scheduling::automatic;
};

/// Prints a line for each event and maintains the number of workers.
class supervisor {
 public:
  supervisor(asio::io_context& loop, const options& o)
      : signals_(loop, SIGTERM, SIGINT), hang_up_(loop, SIGHUP), primary_(loop, settings(o)) {
    primary_.forked.on([](cluster::worker& w) { say(w) << "forked" << std::endl; });
    primary_.online.on([](cluster::worker& w) { say(w) << "online" << std::endl; });
    primary_.listening.on(
        [](cluster::worker& w, const cluster::address& at) { say(w) << "listening " << at << std::endl; });
    primary_.message.on([this](cluster::worker& w, const brood::message& m) { failed(w, m); });
    primary_.exited.on([this](cluster::worker& w, const brood::exit_status& status) {
      say(w) << status << std::endl;
      if (!w.exited_after_disconnect()) primary_.fork();
    });
    signals_.async_wait([this](brood::error_code ec, int) {
      if (!ec) stop();
    });
    reload_on_hang_up();
    for (unsigned i = 0; i < o.workers; ++i) primary_.fork();
  }

  int exit_code() const { return exit_code_; }

 private:
  static cluster::settings settings(const options& o) {
    cluster::settings with;
    with.scheduling = o.scheduling;
    with.heartbeat = std::chrono::seconds(10);
    with.log = [](brood::log_level level, std::string_view text) {
      if (level >= brood::log_level::warning) std::cerr << "hello_cluster: " << text << std::endl;
    };
    return with;
  }
  static std::ostream& say(const cluster::worker& w) { return std::cout << "worker " << w.id() << ' '; }

  /// If a worker cannot listen, no other worker could: ends the program.
  void failed(cluster::worker&, const brood::message& m) {
    if (exit_code_ != 0) return;
    exit_code_ = 1;
    std::cerr << "hello_cluster: " << m.body.at("failed").as_string().c_str() << std::endl;
    stop();
  }

  void reload_on_hang_up() {
    hang_up_.async_wait([this](brood::error_code ec, int) {
      if (ec) return;
      primary_.async_reload({}, [](brood::error_code failed, const cluster::reload_result& verdict) {
        if (failed) return;
        if (verdict) std::cout << "reload: " << verdict.replaced << " workers replaced" << std::endl;
        if (!verdict) std::cout << "reload failed, " << verdict.kept << " stay: " << verdict.reason << std::endl;
      });
      reload_on_hang_up();
    });
  }

  void stop() {
    hang_up_.cancel();
    primary_.async_disconnect([this](brood::error_code) { signals_.cancel(); });
  }

  asio::signal_set signals_;
  asio::signal_set hang_up_;
  cluster::primary primary_;
  int exit_code_ = 0;
};

int run_primary(const options& o) {
  asio::io_context loop{1};
  supervisor all{loop, o};
  loop.run();
  return all.exit_code();
}

int run_worker(const options& o) {
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole terminal; the primary ends the workers
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string text =
      "hello from worker " + std::to_string(self.id()) + " pid " + std::to_string(::getpid()) + '\n';
  brood::http::server server{self, [&](const auto&, auto& response) { response.end(text); }};
  const asio::ip::tcp::endpoint where(asio::ip::tcp::v4(), static_cast<std::uint16_t>(o.port));
  server.listening.async_wait([&](brood::error_code ec, const asio::ip::tcp::endpoint&) {
    // the second one: the worker was disconnected before it listened
    if (!ec || ec == brood::errc::listener_closed) return;
    self.send({{"failed", "cannot listen on 0.0.0.0:" + std::to_string(o.port) + ": " + ec.message()}});
  });
  server.listen(where);
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  CLI::App app{"An HTTP server on every core, behind one port"};
  app.add_option("--port", o.port, "where to listen; 0 for any free port")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--workers", o.workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  std::map<std::string, cluster::scheduling> names;
  for (auto one :
       {cluster::scheduling::automatic, cluster::scheduling::kernel_round_robin,
        cluster::scheduling::kernel_least_loaded, cluster::scheduling::round_robin, cluster::scheduling::shared}) {
    names.emplace(to_string(one), one);
  }
  app.add_option("--scheduling", o.scheduling, "how connections are distributed")
      ->transform(CLI::CheckedTransformer(names).description("NAME"));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::cerr << "hello_cluster: " << error.what() << '\n';
    return 2;
  }
  return cluster::is_primary() ? run_primary(o) : run_worker(o);
} catch (const std::exception& error) {
  std::cerr << "hello_cluster: " << error.what() << '\n';
  return 1;
}

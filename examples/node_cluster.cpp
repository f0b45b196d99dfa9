// An unmodified Node program as the workers of a brood primary: the program that `cluster.fork()` would start.
//
//     node_cluster [--workers N] [--scheduling NAME] [--reload-on SIGHUP] FILE.js [ARGUMENTS...]
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <brood/cluster.hpp>
#include <brood/signals.hpp>
#include <csignal>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

struct options {
  std::string file{};
  std::vector<std::string> arguments{};
  unsigned workers = brood::available_parallelism();
  cluster::scheduling scheduling = cluster::scheduling::automatic;
  std::string reload_on = "SIGHUP";
};

cluster::settings settings_of(const options& o) {
  cluster::settings with;
  with.exec = o.file;
  with.args = o.arguments;
  with.scheduling = o.scheduling;
  with.heartbeat = std::chrono::seconds(30);
  with.log = [](brood::log_level level, std::string_view text) {
    if (level >= brood::log_level::warning) std::cerr << "node_cluster: " << text << std::endl;
  };
  return with;
}

class supervisor {
 public:
  supervisor(asio::io_context& loop, const options& o)
      : end_(loop, SIGTERM, SIGINT), reload_(loop), primary_(loop, settings_of(o)) {
    primary_.forked.on([](cluster::worker& w) { say(w) << "forked" << std::endl; });
    primary_.online.on([](cluster::worker& w) { say(w) << "online" << std::endl; });
    primary_.listening.on(
        [](cluster::worker& w, const cluster::address& at) { say(w) << "listening " << at << std::endl; });
    primary_.exited.on([this](cluster::worker& w, const brood::exit_status& status) {
      say(w) << status << std::endl;
      if (!w.exited_after_disconnect()) primary_.fork();
    });
    end_.async_wait([this](brood::error_code ec, int) {
      if (ec) return;
      reload_.cancel();
      primary_.async_disconnect([](brood::error_code) {});
    });
    if (!o.reload_on.empty()) {
      reload_.add(brood::signal_number(o.reload_on).value());
      reload_when_told();
    }
    for (unsigned i = 0; i < o.workers; ++i) primary_.fork();
  }

 private:
  static std::ostream& say(const cluster::worker& w) { return std::cout << "worker " << w.id() << ' '; }

  void reload_when_told() {
    reload_.async_wait([this](brood::error_code ec, int) {
      if (ec) return;
      primary_.async_reload({}, [](brood::error_code failed, const cluster::reload_result& verdict) {
        if (failed) return;
        if (verdict) std::cout << "reload: " << verdict.replaced << " workers replaced" << std::endl;
        if (!verdict) std::cout << "reload failed, " << verdict.kept << " stay: " << verdict.reason << std::endl;
      });
      reload_when_told();
    });
  }

  asio::signal_set end_;
  asio::signal_set reload_;
  cluster::primary primary_;
};

std::map<std::string, cluster::scheduling> schedulings() {
  std::map<std::string, cluster::scheduling> names;
  for (auto one :
       {cluster::scheduling::automatic, cluster::scheduling::kernel_round_robin,
        cluster::scheduling::kernel_least_loaded, cluster::scheduling::round_robin, cluster::scheduling::shared}) {
    names.emplace(to_string(one), one);
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  CLI::App app{"An unmodified Node program as the workers of a cluster"};
  app.add_option("FILE", o.file, "the workers' program")->required()->check(CLI::ExistingFile);
  app.add_option("ARGUMENTS", o.arguments, "its arguments");
  app.add_option("--workers", o.workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--scheduling", o.scheduling, "how connections are distributed")
      ->transform(CLI::CheckedTransformer(schedulings()).description("NAME"));
  app.add_option("--reload-on", o.reload_on, "the signal that replaces all workers")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::cerr << "node_cluster: " << error.what() << '\n';
    return 2;
  }
  asio::io_context loop{1};
  supervisor all{loop, o};
  loop.run();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "node_cluster: " << error.what() << '\n';
  return 1;
}

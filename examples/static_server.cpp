// Files on every core, one port.
//
//   static_server [--root DIRECTORY] [--port N] [--workers N]
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <brood.hpp>
#include <brood/http.hpp>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = brood::http;

int run_worker(const std::string& root, unsigned short port) {
  asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  http::server server{self, http::static_files{root}};
  server.listen(port);
  loop.run();
  return 0;
}

int run_primary(const std::string& root, unsigned workers) {
  const http::static_files probe{root};  // reports an invalid root here, once
  asio::io_context loop{1};
  brood::cluster::primary primary{loop};
  primary.listening.on([](brood::cluster::worker& w, const brood::cluster::address& at) {
    std::cout << "worker " << w.id() << " listening " << at << std::endl;
  });
  primary.exited.on([&](brood::cluster::worker& w, brood::exit_status) {
    if (!w.exited_after_disconnect()) primary.fork();
  });
  for (unsigned i = 0; i < workers; ++i) primary.fork();
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string root = ".";
  unsigned short port = 8000;
  unsigned workers = brood::available_parallelism();
  CLI::App app{"Files on every core"};
  app.add_option("--root", root, "what is served")->capture_default_str();
  app.add_option("--port", port, "where to listen; 0 for any free port")->capture_default_str();
  app.add_option("--workers", workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return brood::cluster::is_primary() ? run_primary(root, workers) : run_worker(root, port);
} catch (const std::exception& error) {
  std::cerr << "static_server: " << error.what() << '\n';
  return 1;
}

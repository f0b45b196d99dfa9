// HTTPS on every core, behind one port. A session that began with one worker resumes on every other one without a full
// handshake. SIGHUP replaces the workers, and the new ones read the certificate again.
//
//     https_server --cert FILE --key FILE [--port N] [--workers N]
//     https_server --get URL [--ca FILE]
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <brood.hpp>
#include <brood/https.hpp>
#include <csignal>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;
namespace http = brood::http;
namespace https = brood::https;

struct options {
  std::string certificate;
  std::string key;
  unsigned short port = 8443;
  unsigned workers = brood::available_parallelism();
  std::string url;
  std::string ca;
};

int run_worker(const options& o) {
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole terminal; the primary ends the workers
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string text = "hello from worker " + std::to_string(self.id()) + '\n';
  https::server_tls tls{{.certificate = o.certificate, .key = o.key}};
  http::server server{self, [&](const auto&, auto& response) { response.end(text); }, {.tls = tls}};
  server.listen(o.port);
  loop.run();
  return 0;
}

void reload_on_hang_up(asio::signal_set& hang_up, cluster::primary& primary) {
  hang_up.async_wait([&](brood::error_code ec, int) {
    if (ec) return;
    primary.async_reload({}, [](brood::error_code failed, const cluster::reload_result& verdict) {
      if (failed) return;
      if (verdict) std::cout << "reload: " << verdict.replaced << " workers replaced" << std::endl;
      if (!verdict) std::cout << "reload failed, " << verdict.kept << " stay: " << verdict.reason << std::endl;
    });
    reload_on_hang_up(hang_up, primary);
  });
}

int run_primary(const options& o) {
  // Reports errors in the files once, before there are workers.
  const https::server_tls check{{.certificate = o.certificate, .key = o.key}};
  asio::io_context loop{1};
  cluster::primary primary{loop};
  asio::signal_set stop{loop, SIGTERM, SIGINT};
  asio::signal_set hang_up{loop, SIGHUP};
  primary.listening.on([](cluster::worker& w, const cluster::address& at) {
    std::cout << "worker " << w.id() << " listening " << at << std::endl;
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status) {
    if (!w.exited_after_disconnect()) primary.fork();
  });
  stop.async_wait([&](brood::error_code, int) {
    hang_up.cancel();
    primary.async_disconnect([](brood::error_code) {});
  });
  reload_on_hang_up(hang_up, primary);
  for (unsigned i = 0; i < o.workers; ++i) primary.fork();
  loop.run();
  return 0;
}

int get(const options& o) {
  asio::io_context loop{1};
  int code = 0;
  const http::client client{loop, {.tls = https::client_tls{{.ca = o.ca}}}};
  client.get(o.url, [&](brood::error_code ec, const http::client_response& answer) {
    if (ec) std::cerr << o.url << ": " << ec.message() << '\n';
    if (!ec) std::cout << answer.status << ' ' << answer.body;
    code = ec ? 1 : 0;
  });
  loop.run();
  return code;
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  CLI::App app{"HTTPS on every core, one port"};
  app.add_option("--cert", o.certificate, "the certificate and its chain, PEM");
  app.add_option("--key", o.key, "its private key, PEM");
  app.add_option("--port", o.port, "where to listen; 0 for any free port")->capture_default_str();
  app.add_option("--workers", o.workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--get", o.url, "ask this instead of serving");
  app.add_option("--ca", o.ca, "trusted certificates, PEM; by default those of the system");
  CLI11_PARSE(app, argc, argv);
  if (!o.url.empty()) return get(o);
  return cluster::is_primary() ? run_primary(o) : run_worker(o);
} catch (const std::exception& error) {
  std::cerr << "https_server: " << error.what() << '\n';
  return 1;
}

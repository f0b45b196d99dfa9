// WebSockets on every core, one port: brood takes the request, Beast speaks the protocol.
//
//   websocket_echo [--port N] [--workers N]
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <brood.hpp>
#include <brood/http.hpp>
#include <iostream>

namespace {

namespace asio = boost::asio;
namespace http = brood::http;
namespace websocket = boost::beast::websocket;

using peer = websocket::stream<asio::ip::tcp::socket>;

/// Sends back each message until the peer closes. `hold` keeps the worker connected meanwhile.
asio::awaitable<void> converse(http::upgraded connection, [[maybe_unused]] std::shared_ptr<void> hold) try {
  peer ws{std::move(connection.socket)};
  ws.set_option(websocket::stream_base::timeout::suggested(boost::beast::role_type::server));
  co_await ws.async_accept(asio::buffer(connection.received), asio::use_awaitable);
  boost::beast::flat_buffer message;
  for (;;) {
    co_await ws.async_read(message, asio::use_awaitable);
    ws.text(ws.got_text());
    co_await ws.async_write(message.cdata(), asio::use_awaitable);
    message.clear();
  }
} catch (const boost::system::system_error& error) {
  if (error.code() != websocket::error::closed) std::cerr << "websocket: " << error.what() << std::endl;
}

int run_worker(unsigned short port) {
  asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  http::server server{self, [&](const http::request& request, http::response& response) {
                        if (request.upgrade() != "websocket") {
                          response.status(426).header("Upgrade", "websocket").end("WebSocket only\n");
                          return;
                        }
                        asio::co_spawn(loop, converse(response.upgrade(), self.hold()), asio::detached);
                      }};
  server.listen(port);
  loop.run();
  return 0;
}

int run_primary(unsigned workers) {
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

int main(int argc, char** argv) {
  unsigned short port = 8000;
  unsigned workers = brood::available_parallelism();
  CLI::App app{"WebSockets on every core"};
  app.add_option("--port", port, "where to listen; 0 for any free port")->capture_default_str();
  app.add_option("--workers", workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return brood::cluster::is_primary() ? run_primary(workers) : run_worker(port);
}

// A server with a protocol of its own on every core: it answers each line in capitals. SIGHUP replaces the workers; the
// old ones answer every line that has arrived, and then exit.
//
//     line_server [--port N] [--workers N]
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <brood.hpp>
#include <cctype>
#include <iostream>
#include <set>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;
using asio::ip::tcp;

/// The port of one worker, and its connections.
class server {
 public:
  server(asio::io_context& loop, unsigned short port) : self_(loop), acceptor_(self_.listen(port)) {
    self_.disconnecting.on([this] {
      for (tcp::socket* one : waiting_) finish(*one);
    });
    asio::co_spawn(loop, accept(), asio::detached);
  }

 private:
  static constexpr std::size_t longest_line = 64 * 1024;

  /// Ends by an exception when the worker is told to disconnect: listener_closed.
  asio::awaitable<void> accept() try {
    for (;;) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(socket.get_executor(), answer(std::move(socket), self_.hold()), asio::detached);
      acceptor_.set_load(++open_);
    }
  } catch (const boost::system::system_error& error) {
    if (error.code() != brood::errc::listener_closed) std::cerr << "cannot listen: " << error.what() << std::endl;
  }

  /// `hold` keeps a disconnecting worker connected until this connection has ended.
  asio::awaitable<void> answer(tcp::socket socket, [[maybe_unused]] std::shared_ptr<void> hold) {
    try {
      std::string received;
      for (;;) {
        waiting_.insert(&socket);
        if (self_.disconnecting.happened()) finish(socket);
        auto room = asio::dynamic_buffer(received, longest_line);
        const std::size_t size = co_await asio::async_read_until(socket, room, '\n', asio::use_awaitable);
        waiting_.erase(&socket);
        std::string line = received.substr(0, size);
        received.erase(0, size);
        for (char& c : line) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
      }
    } catch (const boost::system::system_error&) {  // the client has closed, or its line is too long
    }
    waiting_.erase(&socket);
    acceptor_.set_load(--open_);
  }

  /// Ends the input: data that has arrived is still read, then the end of the file.
  static void finish(tcp::socket& socket) {
    brood::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_receive, ignored);
  }

  cluster::this_worker self_;
  cluster::acceptor acceptor_;
  std::set<tcp::socket*> waiting_;  // that wait for a line
  std::size_t open_ = 0;
};

int run_worker(unsigned short port) {
  asio::io_context loop{1};
  const server serves{loop, port};
  loop.run();
  return 0;
}

class supervisor {
 public:
  supervisor(asio::io_context& loop, unsigned workers)
      : primary_(loop), end_(loop, SIGTERM, SIGINT), reload_(loop, SIGHUP) {
    primary_.listening.on([](cluster::worker& w, const cluster::address& at) {
      std::cout << "worker " << w.id() << " listening " << at << std::endl;
    });
    primary_.exited.on([this](cluster::worker& w, const brood::exit_status& status) {
      std::cout << "worker " << w.id() << ' ' << status << std::endl;
      if (!w.exited_after_disconnect()) primary_.fork();
    });
    end_.async_wait([this](brood::error_code, int) {
      reload_.cancel();
      primary_.async_disconnect(asio::detached);
    });
    reload_on_hang_up();
    for (unsigned i = 0; i < workers; ++i) primary_.fork();
  }

 private:
  void reload_on_hang_up() {
    reload_.async_wait([this](brood::error_code ec, int) {
      if (ec) return;
      primary_.async_reload({}, [](brood::error_code, const cluster::reload_result& verdict) {
        std::cout << "reload: " << verdict.replaced << " workers replaced " << verdict.reason << std::endl;
      });
      reload_on_hang_up();
    });
  }

  cluster::primary primary_;
  asio::signal_set end_;
  asio::signal_set reload_;
};

int run_primary(unsigned workers) {
  asio::io_context loop{1};
  const supervisor supervises{loop, workers};
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  unsigned short port = 8000;
  unsigned workers = brood::available_parallelism();
  CLI::App app{"Lines in capitals, on every core"};
  app.add_option("--port", port, "where to listen; 0 for any free port")->capture_default_str();
  app.add_option("--workers", workers, "how many processes")->check(CLI::Range(1, 1024))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return cluster::is_primary() ? run_primary(workers) : run_worker(port);
} catch (const std::exception& error) {
  std::cerr << "line_server: " << error.what() << std::endl;
  return 1;
}

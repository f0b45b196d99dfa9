// A cluster worker that keeps each connection open until its client goes, and tells how many it has: "worker ID\n".
//   keeping_worker [PORT [quiet]]       quiet: it does not tell
#include <brood/cluster.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;

struct keeper {
  brood::cluster::this_worker& self;
  brood::cluster::acceptor acceptor;
  bool quiet;
  std::size_t open = 0;
  std::shared_ptr<void> stay = self.hold();

  void count(int change) {
    open += static_cast<std::size_t>(change);
    if (!quiet) acceptor.set_load(open);
  }

  void accept() {
    acceptor.async_accept([this](brood::error_code ec, asio::ip::tcp::socket socket) {
      if (ec) return leave();
      count(1);
      auto peer = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
      asio::write(*peer, asio::buffer("worker " + std::to_string(self.id()) + '\n'));
      auto rest = std::make_shared<std::string>();
      asio::async_read(*peer, asio::dynamic_buffer(*rest), [this, peer, rest](brood::error_code, std::size_t) {
        count(-1);
        if (!acceptor_open) leave();
      });
      accept();
    });
  }

  /// A worker that shall go stays until its last client has left.
  void leave() {
    acceptor_open = false;
    if (open == 0) stay.reset();
  }

  bool acceptor_open = true;
};

}  // namespace

int main(int argc, char** argv) {
  asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const bool quiet = argc > 2 && std::string(argv[2]) == "quiet";
  keeper server{self, self.listen({asio::ip::make_address("127.0.0.1"), port}), quiet};
  server.count(0);
  server.accept();
  loop.run();
}

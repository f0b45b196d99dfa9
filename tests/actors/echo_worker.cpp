// A cluster worker without HTTP: answers each connection with "worker ID pid PID\n" and obeys {"op": ...}.
//   echo_worker [PORT [ADDRESS|any]], or echo_worker PORT die
// FROM_WORKER_3=exit|hang in the environment: from the third worker on, it exits with 9 or never says that it is ready.
#include <brood/cluster.hpp>

#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

namespace asio = boost::asio;

struct echo {
  brood::cluster::this_worker& self;
  brood::cluster::acceptor acceptor;

  void accept() {
    acceptor.async_accept([this](brood::error_code ec, asio::ip::tcp::socket socket) {
      if (ec) return;
      auto peer = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
      auto text = std::make_shared<std::string>("worker " + std::to_string(self.id()) + " pid " +
                                                std::to_string(::getpid()) + "\n");
      asio::async_write(*peer, asio::buffer(*text), [peer, text](brood::error_code, std::size_t) {});
      accept();
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (!brood::cluster::is_worker()) return 3;
  if (argc > 2 && std::string(argv[2]) == "die") return 9;
  asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  // A program that was broken between two generations.
  const char* broken = self.id() >= 3 ? std::getenv("FROM_WORKER_3") : nullptr;
  if (broken != nullptr && std::string(broken) == "exit") return 9;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const std::string address = argc > 2 ? argv[2] : "127.0.0.1";
  echo server{self, address == "any" ? self.listen(port) : self.listen({asio::ip::make_address(address), port})};
  server.acceptor.listening.async_wait([&](brood::error_code ec, const asio::ip::tcp::endpoint&) {
    if (!ec && broken == nullptr) self.ready();
    if (!ec) return server.accept();
    if (ec == brood::errc::listener_closed) return;  // told to go before it was known where it listens
    self.send({{"failed", ec.message()}});
  });
  self.messages.on([&](const brood::message& m) {
    const std::string op(m.body.at("op").as_string());
    if (op == "disconnect") self.disconnect();
    if (op == "exit") std::_Exit(6);
    if (op == "stop") ::raise(SIGSTOP);
    if (op == "id") self.send({{"id", self.id()}, {"pid", ::getpid()}});
  });
  loop.run();
}

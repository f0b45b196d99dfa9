// A cluster worker that listens as it is told, says {"listening": ADDRESS} or {"failed": WHY}, and answers each
// connection, or datagram, with "worker ID\n". A form that is refused at once is {"failed": WHY}, too.
//   listening_worker tcp PORT|path PATH|fd NUMBER|udp PORT [exclusive|all]
// tcp6 and udp6 are the same at ::1.
#include <brood/cluster.hpp>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

template <class Socket>
void answer(Socket socket, const std::string& text) {
  brood::error_code ignored;
  asio::write(socket, asio::buffer(text), ignored);
}

struct stream_server {
  cluster::this_worker& self;
  cluster::acceptor acceptor;
  std::string text;

  void start(bool path) {
    acceptor.listening.async_wait([this, path](brood::error_code ec, const asio::ip::tcp::endpoint&) {
      if (ec) return static_cast<void>(self.send({{"failed", ec.message()}}));
      self.send({{"listening", to_string(acceptor.where())}});
      path ? accept_local() : accept();
    });
  }
  void accept() {
    acceptor.async_accept([this](brood::error_code ec, asio::ip::tcp::socket socket) {
      if (ec) return;
      answer(std::move(socket), text);
      accept();
    });
  }
  void accept_local() {
    acceptor.async_accept_local([this](brood::error_code ec, asio::local::stream_protocol::socket socket) {
      if (ec) return;
      answer(std::move(socket), text);
      accept_local();
    });
  }
};

struct datagram_server {
  cluster::this_worker& self;
  cluster::datagram_port port;
  std::string text;
  std::array<char, 64> space{};
  asio::ip::udp::endpoint peer{};

  void start() {
    port.bound.async_wait([this](brood::error_code ec, const asio::ip::udp::endpoint& at) {
      if (ec) return static_cast<void>(self.send({{"failed", ec.message()}}));
      const bool v6 = at.address().is_v6();
      const std::string host = v6 ? '[' + at.address().to_string() + ']' : at.address().to_string();
      self.send({{"listening", "udp " + host + ':' + std::to_string(at.port())}});
      receive();
    });
  }
  void receive() {
    port.socket().async_receive_from(asio::buffer(space), peer, [this](brood::error_code ec, std::size_t) {
      if (ec) return;
      port.socket().send_to(asio::buffer(text), peer);
      receive();
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const std::string form = argv[1];
  const std::string more = argc > 3 ? argv[3] : "";
  const std::string text = "worker " + std::to_string(self.id()) + '\n';
  const auto loopback = asio::ip::make_address(form.ends_with('6') ? "::1" : "127.0.0.1");
  const bool exclusive = more == "exclusive";
  const bool all = more == "all";
  if (form == "udp" || form == "udp6") {
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    datagram_server server{self, self.bind_udp({loopback, port}, {.exclusive = exclusive}), text};
    server.start();
    loop.run();
    return 0;
  }
  const cluster::listen_options with{.exclusive = exclusive, .readable_all = all, .writable_all = all};
  const auto listen = [&] {
    if (form == "path") return self.listen(std::filesystem::path(argv[2]), with);
    if (form == "fd") return self.listen_inherited(std::atoi(argv[2]), with);
    return self.listen({loopback, static_cast<std::uint16_t>(std::atoi(argv[2]))}, with);
  };
  std::optional<stream_server> server;
  try {
    server.emplace(stream_server{self, listen(), text});
    server->start(form == "path" || more == "path");
  } catch (const boost::system::system_error& error) {
    self.send({{"failed", error.code().message()}});
  }
  loop.run();
}

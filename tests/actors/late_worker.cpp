// A cluster worker that accepts nothing before it is told to leave. It answers each connection that had arrived by then
// with "served\n", after it has sent a message to the primary; with "lost\n" if it cannot.
#include <brood/cluster.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

namespace asio = boost::asio;

int main() {
  asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  auto acceptor = self.listen({asio::ip::address_v4::loopback(), 0});
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](brood::error_code ec, asio::ip::tcp::socket socket) {
      if (ec) return;
      auto peer = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
      const boost::json::value message{{"serving", true}};
      self.async_send(message, [peer, hold = self.hold()](brood::error_code sent) {
        asio::write(*peer, asio::buffer(std::string(hold && !sent ? "served\n" : "lost\n")));
      });
      accept();
    });
  };
  self.disconnecting.on([&] { accept(); });
  loop.run();
}

// A cluster worker that says "worker ID\n" on each connection, reads what the client has sent and, if that is "die",
// kills itself at once: in the middle of whatever else it had to say or do. It listens on a free port.
#include <sys/socket.h>
#include <brood/cluster.hpp>

#include <poll.h>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <string>
#include <string_view>

int main() {
  boost::asio::io_context loop{1};
  brood::cluster::this_worker self{loop};
  auto acceptor = self.listen({boost::asio::ip::make_address("127.0.0.1"), 0});
  const std::string hello = "worker " + std::to_string(self.id()) + '\n';
  acceptor.on_connections([&](std::span<brood::unique_fd> batch) {
    for (const auto& fd : batch) {
      ::send(fd.get(), hello.data(), hello.size(), MSG_NOSIGNAL);
      char said[3] = {};
      const auto size = ::recv(fd.get(), said, sizeof said, MSG_DONTWAIT);
      if (size > 0 && std::string_view(said, static_cast<std::size_t>(size)) == "die") ::raise(SIGKILL);
    }
  });
  loop.run();
}

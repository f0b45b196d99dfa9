// Assigns a new handle to one that is in use, and says {"done": true} if the old one gave back what it had, or
// {"failed": WHY}.
//   reassigning_worker tcp|udp     a cluster's worker: listens at a port, at another one instead, and at the first
//   again reassigning_worker channel     a child with a channel: sends {"last": true} and drops the channel by
//   assignment
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <brood/channel.hpp>
#include <brood/cluster.hpp>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

int drop_channel() {
  asio::io_context loop{1};
  brood::parent_channel first{loop};
  brood::parent_channel second{std::move(first)};
  second.send({{"last", true}});
  second = std::move(first);
  loop.run();
  return 0;
}

/// `listen(port)` gives a handle, `told(handle)` the one_shot_event that says where it listens.
template <class Listen, class Told>
int move_about(asio::io_context& loop, cluster::this_worker& self, Listen listen, Told told) {
  const auto done = [&](brood::error_code ec) {
    ec ? self.send({{"failed", ec.message()}}) : self.send({{"done", true}});
  };
  auto port = listen(0);
  told(port).async_wait([&](brood::error_code ec, const auto& first) {
    if (ec) return done(ec);
    port = listen(0);
    told(port).async_wait([&, number = first.port()](brood::error_code again, const auto&) {
      if (again) return done(again);
      port = listen(number);
      told(port).async_wait([&](brood::error_code last, const auto&) { done(last); });
    });
  });
  loop.run();
  return 0;
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  if (what == "channel") return drop_channel();
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  const auto host = asio::ip::address_v4::loopback();
  if (what == "udp") {
    return move_about(
        loop, self,
        [&](std::uint16_t number) {
          return self.bind_udp({host, number});
        },
        [](auto& port) -> auto& { return port.bound; });
  }
  return move_about(
      loop, self,
      [&](std::uint16_t number) {
        return self.listen({host, number});
      },
      [](auto& port) -> auto& { return port.listening; });
}

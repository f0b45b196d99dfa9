// A cluster of two listening_workers on the sockets it was started with: prints their names and addresses, what is left
// in the environment, how many are left to be taken, and which worker answers.
//   activated_primary PROGRAM ARGUMENTS...        (the workers')
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/cluster.hpp>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

int main(int argc, char** argv) {
  namespace cluster = brood::cluster;
  if (argc < 2) return 2;
  auto sockets = cluster::take_activated_sockets();
  boost::asio::io_context loop{1};
  cluster::primary primary{loop, {.exec = argv[1], .args = brood::arguments(argv + 2, argv + argc)}};
  for (auto& one : sockets) {
    const std::string name = one.name;
    std::cout << "adopted \"" << name << "\" " << primary.adopt(std::move(one.fd)) << '\n';
  }
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
    if (std::getenv(name) != nullptr) std::cout << name << " is still there\n";
  }
  std::cout << "left: " << cluster::take_activated_sockets().size() << std::endl;
  int told = 0;
  primary.message.on([&](cluster::worker& w, const brood::message& m) {
    std::cout << "worker " << w.id() << ' ' << boost::json::serialize(m.body) << std::endl;
    if (++told == 2) std::cout << "ready" << std::endl;
  });
  primary.fork();
  primary.fork();
  std::thread end([&] {
    std::cin.get();  // until its end
    boost::asio::post(loop, [&] { primary.async_disconnect([](brood::error_code) {}); });
  });
  loop.run();
  end.join();
}

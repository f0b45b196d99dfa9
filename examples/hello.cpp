// The smallest cluster: an HTTP server on every core behind one port. Workers that exit are replaced.
#include <boost/asio/io_context.hpp>
#include <brood.hpp>
#include <brood/http.hpp>

namespace asio = boost::asio;

int main() {
  asio::io_context loop{1};
  if (brood::cluster::is_primary()) {
    brood::cluster::primary primary{loop};
    primary.exited.on([&](brood::cluster::worker& w, brood::exit_status) {
      if (!w.exited_after_disconnect()) primary.fork();
    });
    for (unsigned i = 0; i < brood::available_parallelism(); ++i) primary.fork();
    loop.run();
  } else {
    brood::cluster::this_worker self{loop};
    brood::http::server server{self, [](const auto&, auto& response) { response.end("hello\n"); }};
    server.listen(8000);
    loop.run();
  }
}

// brood's side of the spawn group: as its users write it, on an event loop of one thread, pipes and all.
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>
#include <optional>

#include "line_protocol.hpp"

int main() {
  boost::asio::io_context loop{1};
  return bench::serve([&loop] {
    const auto start = bench::clock::now();
    auto child = brood::spawn(loop, "/bin/true", {}, {});
    const auto blocked = bench::ns_since(start);

    child.in().end();
    child.out().on_data([](std::string_view) {});
    child.err().on_data([](std::string_view) {});
    std::optional<brood::exit_status> ended;
    child.closed.on([&ended](brood::exit_status status) { ended = status; });
    loop.run();
    loop.restart();
    if (!ended || !ended->ok()) throw std::runtime_error("/bin/true " + (ended ? to_string(*ended) : "never closed"));
    return blocked;
  });
}

// brood's side of the spawn group: as its users write it, on an event loop of one thread, pipes and all.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <brood/child_process.hpp>
#include <optional>

#include "stall.hpp"

namespace {

void listen(brood::child_process& child, std::function<void(brood::exit_status)> closed) {
  child.in().end();
  child.out().on_data([](std::string_view) {});
  child.err().on_data([](std::string_view) {});
  child.closed.on(std::move(closed));
}

}  // namespace

int main() {
  boost::asio::io_context loop{1};
  auto commands = bench::spawn_commands([&loop] {
    const auto start = bench::clock::now();
    auto child = brood::spawn(loop, "/bin/true", {}, {});
    const auto blocked = bench::ns_since(start);

    std::optional<brood::exit_status> ended;
    listen(child, [&ended](brood::exit_status status) { ended = status; });
    loop.run();
    loop.restart();
    if (!ended || !ended->ok()) throw std::runtime_error("/bin/true " + (ended ? to_string(*ended) : "never closed"));
    return blocked;
  });
  commands["stall"] = [&loop](double count) {
    return bench::stall(loop, count, [&loop](auto done) {
      auto child = brood::spawn(loop, "/bin/true", {}, {});
      listen(child, [done](brood::exit_status) { done(); });
      std::move(child).detach();
    });
  };
  return bench::serve(commands);
}

// The same by async_spawn. Blocked is what the loop does for it: the call itself, and taking over the child.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <brood/async_spawn.hpp>
#include <list>
#include <optional>
#include <thread>

#include "stall.hpp"

namespace {

using boost::system::error_code;

void listen(brood::child_process& child, std::function<void(brood::exit_status)> closed) {
  child.in().end();
  child.out().on_data([](std::string_view) {});
  child.err().on_data([](std::string_view) {});
  child.closed.on(std::move(closed));
}

// Polled, not run: the time a run() would spend asleep is not time the loop is kept busy.
long long poll_until(boost::asio::io_context& loop, const bool& started) {
  long long busy = 0;
  while (!started) {
    const auto turn = bench::clock::now();
    if (loop.poll_one() != 0) {
      busy += bench::ns_since(turn);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    loop.restart();
  }
  return busy;
}

}  // namespace

int main() {
  boost::asio::io_context loop{1};
  auto commands = bench::spawn_commands([&loop] {
    std::optional<brood::child_process> child;
    bool answered = false;
    error_code failed;
    const auto start = bench::clock::now();
    auto starting = brood::async_spawn(loop, "/bin/true", {}, {});
    starting.async_child([&](error_code ec, std::optional<brood::child_process> started) {
      failed = ec;
      child = std::move(started);
      answered = true;
    });
    auto blocked = bench::ns_since(start);
    blocked += poll_until(loop, answered);
    if (failed) throw boost::system::system_error(failed, "async_spawn");

    std::optional<brood::exit_status> ended;
    listen(*child, [&ended](brood::exit_status status) { ended = status; });
    loop.run();
    loop.restart();
    if (!ended || !ended->ok()) throw std::runtime_error("/bin/true " + (ended ? to_string(*ended) : "never closed"));
    return blocked;
  });
  commands["stall"] = [&loop](double count) {
    std::list<brood::pending_spawn> starts;
    return bench::stall(loop, count, [&](auto done) {
      starts.push_back(brood::async_spawn(loop, "/bin/true", {}, {}));
      starts.back().async_child([done](error_code ec, std::optional<brood::child_process> child) {
        if (ec) throw boost::system::system_error(ec, "async_spawn");
        listen(*child, [done](brood::exit_status) { done(); });
        std::move(*child).detach();
      });
    });
  };
  return bench::serve(commands);
}

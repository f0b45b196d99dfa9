// tied_spawner spawn|async_spawn: says a byte when it is ready; at the first byte on stdin starts three children that
// die with it, and says a byte for each that runs. The children hold stdout as well, so its end is the end of all.
#include <unistd.h>
#include <brood/async_spawn.hpp>

#include <boost/asio/io_context.hpp>
#include <string_view>
#include <vector>

int main(int, char** argv) {
  boost::asio::io_context loop{1};
  const brood::spawn_options tied{
      .in = brood::stdio::ignore, .out = brood::stdio::inherit, .err = brood::stdio::ignore, .die_with_parent = true};
  const auto say = [] { return ::write(1, "!", 1) == 1; };
  char byte = 0;
  if (!say() || ::read(0, &byte, 1) != 1) return 1;
  std::vector<brood::child_process> children;
  for (int i = 0; i < 3; ++i) {
    if (argv[1] == std::string_view("spawn")) {
      children.push_back(brood::spawn(loop, "tail", {"-f", "/dev/null"}, tied));
      say();
    } else {
      auto starting = brood::async_spawn(loop, "tail", {"-f", "/dev/null"}, tied);
      starting.async_child([&](brood::error_code ec, std::optional<brood::child_process>) {
        if (!ec) say();
      });
    }
  }
  loop.run();
}

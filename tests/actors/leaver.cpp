// Starts a child in a session of its own, lets go of it, says its pid and ends while the child lives on.
#include <brood/child_process.hpp>

#include <boost/asio/io_context.hpp>
#include <iostream>

int main() {
  boost::asio::io_context loop{1};
  const auto nothing = brood::stdio::ignore;
  auto child = brood::spawn(loop, "tail", {"-f", "/dev/null"},
                            {.in = nothing, .out = nothing, .err = nothing, .detached = true});
  child.unref();
  std::cout << child.pid() << std::endl;
  loop.run();
}

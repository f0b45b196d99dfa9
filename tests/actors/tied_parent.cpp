// Starts a child that dies with it and holds our stdout, says the child's pid, and waits to be killed.
#include <brood/child_process.hpp>

#include <boost/asio/io_context.hpp>
#include <iostream>

int main() {
  boost::asio::io_context loop{1};
  auto child = brood::spawn(loop, "tail", {"-f", "/dev/null"},
                            {.in = brood::stdio::ignore, .out = brood::stdio::inherit, .die_with_parent = true});
  std::cout << child.pid() << std::endl;
  loop.run();
}

// Swaps sockets with its parent: socket_swapper COUNT. Says "complete" when it has all and has sent all.
#include <boost/asio/io_context.hpp>
#include <brood/channel.hpp>
#include <cstdlib>
#include <iostream>

#include "../support/socket_swap.hpp"

int main(int, char** argv) {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  brood_test::socket_swap swap(loop.get_executor(), parent, "brood-child-" + std::to_string(::getpid()),
                               std::atoi(argv[1]), 1);
  swap.on_complete = [&] { parent.send("complete"); };
  parent.messages.on([&](brood::message m) { swap.take(std::move(m)); });
  swap.send_all();
  loop.run();
  if (swap.complaint().empty()) return swap.complete() ? 0 : 2;
  std::cerr << swap.complaint() << '\n';
  return 1;
}

// A program that blocks for its results: the loop runs on a thread of its own, and results are futures.
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <brood/exec.hpp>
#include <iostream>
#include <thread>

namespace asio = boost::asio;

int main() try {
  asio::io_context loop{1};
  auto system = brood::exec_file(loop, "uname", {"-s"});
  auto failing = brood::exec(loop, "echo no luck >&2; exit 3");
  auto name = system.async_result(asio::use_future);
  auto luck = failing.async_result(asio::use_future);
  std::jthread turning{[&] { loop.run(); }};

  std::cout << "system: " << name.get().check().out;
  luck.get().check();  // throws: it has failed
} catch (const brood::exec_error& error) {
  std::cout << error.what() << '\n';
}

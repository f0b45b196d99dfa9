// Runs two commands at once. A callback is called when each is done, as with Node's exec().
#include <boost/asio/io_context.hpp>
#include <brood/exec.hpp>
#include <iostream>

using brood::error_code;
using brood::exec_result;

int main() {
  boost::asio::io_context loop{1};
  brood::exec(loop, "echo b a c | tr ' ' '\\n' | sort | tr -d '\\n'", {}, [](error_code ec, const exec_result& result) {
    if (!ec && result.ok()) std::cout << "sorted: " << result.out << '\n';
  });
  brood::exec_file(loop, "cmp", {"/etc/passwd", "/etc/group"}, {}, [](error_code ec, const exec_result& result) {
    if (!ec) std::cout << result.command << " " << result.status << '\n';
  });
  loop.run();
}

// brood in the stdout group: the flowing style.
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>

#include "stdout_command.hpp"

int main(int, char** argv) {
  boost::asio::io_context loop{1};
  return bench::serve_stdout([&](const std::string& amount) {
    long long bytes = 0;
    auto child = brood::spawn(loop, argv[1], {amount}, {.in = brood::stdio::ignore, .err = brood::stdio::inherit});
    child.out().on_data([&bytes](std::string_view data) { bytes += static_cast<long long>(data.size()); });
    loop.run();
    loop.restart();
    const auto ended = child.closed.value();
    if (!ended || !ended->ok()) throw std::runtime_error("the child " + (ended ? to_string(*ended) : "never closed"));
    return bytes;
  });
}

// Cancels a command: cancelling the wait for its result ends the process.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <brood/exec.hpp>
#include <iostream>

namespace asio = boost::asio;

int main() {
  asio::io_context loop{1};
  asio::cancellation_signal cancel;

  auto run = brood::exec(loop, "echo working; exec sleep 60");
  run.async_result(asio::bind_cancellation_slot(
      cancel.slot(), [](brood::error_code ec, const brood::exec_result&) { std::cout << ec.message() << '\n'; }));
  run.child().exited.on([](const brood::exit_status& status) { std::cout << "the command was " << status << '\n'; });
  run.child().out().on_data([&](std::string_view text) {
    std::cout << text;
    cancel.emit(asio::cancellation_type::partial);  // SIGTERM; total is SIGINT, all others are `stop`
  });
  loop.run();
}

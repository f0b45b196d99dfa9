// Two time limits in a coroutine: one ends the command, the other ends only the wait.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <brood/exec.hpp>
#include <iostream>

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> wait_for_a_while(asio::io_context& loop) {
  auto slow = brood::exec(loop, "echo begun; exec sleep 60", {.timeout = 1s});
  const brood::exec_result result = co_await slow.async_result();
  std::cout << result.out << "timed out: " << std::boolalpha << result.timed_out << ", " << result.status << '\n';

  auto child = brood::spawn(loop, "cat");
  asio::steady_timer patience{loop, 50ms};
  const auto first = co_await (child.exited.async_wait(use_awaitable) || patience.async_wait(use_awaitable));
  if (first.index() == 1) {
    std::cout << "cat is still running\n";
    child.in().end();
  }
  const brood::exit_status status = co_await child.exited.async_wait();
  std::cout << "cat " << status << '\n';
}

}  // namespace

int main() {
  asio::io_context loop{1};
  asio::co_spawn(loop, wait_for_a_while(loop), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  loop.run();
}

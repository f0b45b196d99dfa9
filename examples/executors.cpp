// One io_context, four threads, many children. Each child and its coroutine have a strand of their own.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <brood/async_exec.hpp>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A listener that captures a local variable. It is removed with `child`, which is declared after that variable.
asio::awaitable<int> count_lines(std::string file) {
  const auto strand = co_await asio::this_coro::executor;
  int lines = 0;
  const brood::arguments args{file};
  auto child = brood::spawn(strand, "cat", args);
  child.out().on_data([&](std::string_view data) { lines += static_cast<int>(std::ranges::count(data, '\n')); });
  co_await child.closed.async_wait(asio::use_awaitable);
  co_return lines;
}

// One expression: start, wait, result.
asio::awaitable<std::string> system_name() {
  const auto strand = co_await asio::this_coro::executor;
  auto result = co_await brood::async_exec(strand, "uname -s", asio::use_awaitable);
  co_return result.check().out;
}

// Options get a name before they stand beside co_await.
asio::awaitable<bool> finishes_in_time(std::string line) {
  const auto strand = co_await asio::this_coro::executor;
  const brood::exec_options options{.group = true, .timeout = 100ms};
  auto result = co_await brood::async_exec(strand, line, options, asio::use_awaitable);
  co_return !result.timed_out;
}

asio::awaitable<void> work() {
  std::cout << "system: " << co_await system_name();
  std::cout << "lines: " << co_await count_lines("/etc/passwd") << '\n';
  std::cout << "in time: " << std::boolalpha << co_await finishes_in_time("sleep 60") << '\n';
}

int main() {
  asio::io_context context;
  auto strand = asio::make_strand(context);
  asio::co_spawn(strand, work(), asio::detached);

  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
}

// A Node child of a C++ parent. It gets a listening socket and serves on it, and describes a message that JSON cannot
// represent. The child is fork_node.mjs.
//
//     fork_node [--advanced]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace js = brood::js;
using asio::ip::tcp;

/// Returns everything that arrives on a new connection, until its end.
asio::awaitable<std::string> ask(tcp::endpoint where) {
  tcp::socket socket{co_await asio::this_coro::executor};
  co_await socket.async_connect(where, asio::use_awaitable);
  std::string text;
  brood::error_code end;
  co_await asio::async_read(socket, asio::dynamic_buffer(text), asio::redirect_error(asio::use_awaitable, end));
  co_return text;
}

asio::awaitable<void> drive(brood::child_process& child) {
  tcp::acceptor acceptor{co_await asio::this_coro::executor, {asio::ip::address_v4::loopback(), 0}};
  const tcp::endpoint where = acceptor.local_endpoint();
  child.send({{"op", "serve"}}, brood::attachment::of(std::move(acceptor)));
  auto serving = co_await child.messages.async_next();
  if (!serving) co_return;
  std::cout << "Node: " << serving->body.as_string().c_str() << '\n';
  for (int i = 0; i < 2; ++i) {
    const std::string answer = co_await ask(where);
    std::cout << "a connection: " << answer << '\n';
  }

  // In json it arrives as JSON.stringify would have sent it.
  child.send(js::object{{"when", js::date{0}}, {"counts", js::map{{"a", 1}}}, {"data", js::buffer("hi")}});
  auto seen = co_await child.messages.async_next();
  if (seen) std::cout << "Node sees: " << seen->body.as_string().c_str() << '\n';
  child.disconnect();
}

}  // namespace

int main(int argc, char** argv) try {
  const bool advanced = argc == 2 && argv[1] == std::string_view("--advanced");
  if (argc > 1 && !advanced) {
    std::cerr << "fork_node: unknown option " << argv[1] << " (usage: fork_node [--advanced])\n";
    return 2;
  }
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  brood::fork_options options;
  options.serialization = advanced ? brood::serialization::advanced : brood::serialization::json;

  asio::io_context loop{1};
  auto child = brood::fork(loop, here / "fork_node.mjs", {}, options);
  child.exited.on([](const brood::exit_status& status) { std::cout << "Node " << status << '\n'; });
  asio::co_spawn(loop, drive(child), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  loop.run();
} catch (const std::exception& error) {
  std::cerr << "fork_node: " << error.what() << '\n';
  return 1;
}

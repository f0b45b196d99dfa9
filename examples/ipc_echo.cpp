// A child for any parent, brood or Node. It echoes each message, writes `pid N` to each connection it receives and
// closes it, serves on each server and datagram socket it receives, and exits after {"op": "bye"}. A brood parent forks
// it by its path. A Node parent (ipc_echo.mjs) names it twice:
//
//     child_process.fork('./ipc_echo', [], { execPath: './ipc_echo', execArgv: [] })
//
// Node runs `execPath ...execArgv module ...args`. execArgv would otherwise be Node's own options, and the first
// argument is the name of the module, which a program must skip. Without either, on the same channel:
// `spawn('./ipc_echo', [], { stdio: [0, 1, 2, 'ipc'] })`. Both take { serialization: 'advanced' }.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <brood/channel.hpp>
#include <csignal>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using listener = asio::basic_socket_acceptor<asio::generic::stream_protocol>;  // TCP and Unix
using asio::ip::udp;

const std::string greeting = "pid " + std::to_string(::getpid());

/// If a peer has closed meanwhile, the program continues.
void ignore_failure(const std::exception_ptr&) {}

asio::awaitable<void> answer(asio::posix::stream_descriptor peer) {
  co_await asio::async_write(peer, asio::buffer(greeting), use_awaitable);
}

asio::awaitable<void> serve(listener server) {
  for (;;) {
    auto peer = co_await server.async_accept(use_awaitable);
    asio::posix::stream_descriptor stream{server.get_executor(), peer.release()};
    asio::co_spawn(server.get_executor(), answer(std::move(stream)), ignore_failure);
  }
}

asio::awaitable<void> serve(udp::socket socket) {
  for (;;) {
    udp::endpoint from;
    co_await socket.async_receive_from(asio::mutable_buffer(), from, use_awaitable);
    co_await socket.async_send_to(asio::buffer(greeting), from, use_awaitable);
  }
}

void use(asio::io_context& loop, brood::attachment handle) {
  using kind = brood::attachment::kind;
  const kind type = handle.type();
  if (type == kind::datagram || type == kind::datagram_native) {
    return asio::co_spawn(loop, serve(handle.take_as<udp::socket>(loop)), ignore_failure);
  }
  const int fd = handle.release().release();
  if (type == kind::server) {
    asio::co_spawn(loop, serve(listener{loop, {AF_UNSPEC, 0}, fd}), ignore_failure);
  } else {
    asio::co_spawn(loop, answer(asio::posix::stream_descriptor{loop, fd}), ignore_failure);
  }
}

}  // namespace

int main() {
  if (!brood::parent_channel::exists()) {
    std::cerr << "ipc_echo: run by hand, it has nobody to answer; try: node ipc_echo.mjs\n";
    return 1;
  }
  std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe must be an error, not the end
  asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](brood::message m) {
    const brood::value all = m.content();
    if (m.handle) use(loop, std::move(m.handle));
    const brood::value* op = all.find("op");
    if (op != nullptr && *op == "bye") return parent.disconnect();
    parent.send(all);
  });
  parent.disconnected.on([&](const brood::error_code&) { loop.stop(); });  // even if it still serves
  loop.run();
}

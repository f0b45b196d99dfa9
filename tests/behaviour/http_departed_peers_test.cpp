// Clients that ask for much and close without reading. SIGPIPE ends a process that has not prepared for it, so each
// test runs a server in a process of its own, with SIGPIPE at its default.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>
#include <string>

#include "http_peer.hpp"
#include "support/apart.hpp"
#include "support/temporary_folder.hpp"

namespace brood_test {
namespace {

using boost::system::error_code;

const std::string much(500'000, 'x');

/// Serves `count` clients that have closed before the server reads their request. Returns how many requests arrived;
/// nothing if the server's process ended.
std::string serve_departed(const http::handler& handler, const std::string& request, int count) {
  return apart([&] {
    std::signal(SIGPIPE, SIG_DFL);
    asio::io_context loop{1};
    http::server server{loop, handler};
    server.listen(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto busy = [&](std::uint64_t expected) {
      return server.statistics().accepted < expected || server.statistics().connections > 0;
    };
    for (int i = 1; i <= count; ++i) {
      // The kernel completes the handshake and keeps the request while the server does not run.
      peer{server.local_endpoint()}.send(request);
      while (busy(static_cast<std::uint64_t>(i))) loop.run_one();
      loop.poll();
    }
    return std::to_string(server.statistics().requests);
  });
}

class http_departed_peers : public testing::Test {
 protected:
  http_departed_peers() {
    brood::unique_fd file = open(O_WRONLY | O_CREAT);
    EXPECT_EQ(::write(file.get(), much.data(), much.size()), static_cast<ssize_t>(much.size()));
  }
  brood::unique_fd open(int flags) const {
    return brood::unique_fd{::open((folder / "much.bin").c_str(), flags | O_CLOEXEC, 0600)};
  }
  void expect_alive(const http::handler& handler, const std::string& request) const {
    const int count = load(1'000, 10'000, 100);
    EXPECT_EQ(serve_departed(handler, request, count), std::to_string(count));
  }

  temporary_folder folder;
};

TEST_F(http_departed_peers, do_not_end_a_server_that_sends_a_file) {
  expect_alive([this](const auto&, auto& response) { response.send_file(open(O_RDONLY)); }, get("/"));
}

TEST_F(http_departed_peers, do_not_end_a_server_of_static_files) {
  expect_alive(http::static_files{folder.path()}, get("/much.bin"));
}

TEST_F(http_departed_peers, do_not_end_a_server_that_sends_a_range) {
  expect_alive(http::static_files{folder.path()},
               "GET /much.bin HTTP/1.1\r\nHost: h\r\nRange: bytes=1000-400000\r\n\r\n");
}

TEST_F(http_departed_peers, do_not_end_a_server_that_sends_a_body) {
  expect_alive([](const auto&, auto& response) { response.end(much); }, get("/"));
}

TEST_F(http_departed_peers, do_not_end_a_server_that_sends_a_body_in_pieces) {
  const http::handler in_pieces = [](const auto&, auto& response) -> asio::awaitable<void> {
    error_code ec;
    for (int i = 0; i < 8 && !ec; ++i) {
      if (!response.write(much)) co_await response.async_drained(asio::redirect_error(asio::use_awaitable, ec));
    }
    response.end();
  };
  expect_alive(in_pieces, get("/"));
}

TEST_F(http_departed_peers, do_not_end_a_server_that_upgrades) {
  const http::handler upgrading = [](const auto&, auto& response) {
    auto connection = std::make_shared<http::upgraded>(response.upgrade());
    asio::async_write(connection->socket, asio::buffer(much), [connection](error_code, std::size_t) {});
  };
  expect_alive(upgrading, get("/"));
}

}  // namespace
}  // namespace brood_test

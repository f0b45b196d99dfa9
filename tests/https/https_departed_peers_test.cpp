// Clients that ask for much over TLS and close without reading. Each test runs a server in a process of its own, with
// SIGPIPE at its default, which would end it.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>
#include <string>

#include "https/tls_peer.hpp"
#include "support/apart.hpp"

namespace brood_test {
namespace {

using boost::system::error_code;

const std::string much(500'000, 'x');

/// Serves `count` clients that close behind their request. Returns how many connections the server accepted; nothing if
/// its process ended.
std::string serve_departed(const http::handler& handler, const std::string& request, int count) {
  return apart([&] {
    peer_context context;
    std::signal(SIGPIPE, SIG_DFL);
    served_securely server{handler};
    for (int i = 0; i < count; ++i) {
      tls_peer client{context, server.where()};
      client.send(request);
    }
    const auto busy = [&] {
      const auto now = server->statistics();
      return now.accepted < static_cast<std::uint64_t>(count) || now.connections > 0;
    };
    while (busy()) std::this_thread::yield();
    return std::to_string(server->statistics().accepted);
  });
}

class https_departed_peers : public testing::Test {
 protected:
  https_departed_peers() {
    const brood::unique_fd file = open(O_WRONLY | O_CREAT);
    EXPECT_EQ(::write(file.get(), much.data(), much.size()), static_cast<ssize_t>(much.size()));
  }
  brood::unique_fd open(int flags) const {
    return brood::unique_fd{::open((folder / "much.bin").c_str(), flags | O_CLOEXEC, 0600)};
  }
  void expect_alive(const http::handler& handler, const std::string& request) const {
    const int count = load(1'000, 10'000, 50);
    EXPECT_EQ(serve_departed(handler, request, count), std::to_string(count));
  }

  temporary_folder folder;
};

TEST_F(https_departed_peers, do_not_end_a_server_that_sends_a_file) {
  expect_alive([this](const auto&, auto& response) { response.send_file(open(O_RDONLY)); }, get("/"));
}

TEST_F(https_departed_peers, do_not_end_a_server_that_sends_a_range) {
  expect_alive(http::static_files{folder.path()},
               "GET /much.bin HTTP/1.1\r\nHost: h\r\nRange: bytes=1000-400000\r\n\r\n");
}

TEST_F(https_departed_peers, do_not_end_a_server_that_sends_a_body_in_pieces) {
  const http::handler in_pieces = [](const auto&, auto& response) -> asio::awaitable<void> {
    error_code ec;
    for (int i = 0; i < 8 && !ec; ++i) {
      if (!response.write(much)) co_await response.async_drained(asio::redirect_error(asio::use_awaitable, ec));
    }
    response.end();
  };
  expect_alive(in_pieces, get("/"));
}

TEST_F(https_departed_peers, do_not_end_a_server_that_upgrades) {
  const http::handler upgrading = [](const auto&, auto& response) {
    auto connection = std::make_shared<brood::https::upgraded>(brood::https::upgrade(response));
    asio::async_write(connection->stream, asio::buffer(much), [connection](error_code, std::size_t) {});
  };
  expect_alive(upgrading, get("/"));
}

}  // namespace
}  // namespace brood_test

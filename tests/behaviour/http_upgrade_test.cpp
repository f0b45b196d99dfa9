// Connections that leave HTTP for another protocol.
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http_peer.hpp"

namespace brood_test {
namespace {

using boost::system::error_code;

std::string ask(std::string_view fields) { return "GET /u HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"; }
const std::string asked = ask("Connection: keep-alive, Upgrade\r\nUpgrade: shout\r\n");
const std::string switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n";

/// Keeps what was upgraded until the test lets go; the handler takes what asks for "shout".
struct booth {
  std::list<http::upgraded> taken;

  auto handler() {
    return [this](const http::request& request, http::response& response) {
      if (request.upgrade() != "shout") return echo(request, response);
      auto& it = taken.emplace_back(response.upgrade());
      EXPECT_FALSE(response.open());
      EXPECT_FALSE(response.end("x"));
      EXPECT_EQ(request.target(), "/u");
      asio::write(it.socket, asio::buffer(switched + std::string(it.rest())));
    };
  }
};

TEST(http_upgrade, hands_over_the_socket_and_what_was_read) {
  booth b;
  served server{b.handler()};
  peer client{server};
  client.send(get("/1") + asked + "early");
  EXPECT_EQ(client.until("early"), ok("/1 ") + switched + "early");
  client.send("late");
  const auto read = server.on_loop([&] {
    std::string text(4, '\0');
    asio::read(b.taken.front().socket, asio::buffer(text));
    return text;
  });
  EXPECT_EQ(read, "late");
  EXPECT_EQ(server.on_loop([&] { return b.taken.front().received; }), asked + "early");
  EXPECT_EQ(server.statistics().connections, 0u);
  server.on_loop([&] { return b.taken.clear(), 0; });
  EXPECT_EQ(client.rest(), "");
}

TEST(http_upgrade, the_socket_outlives_the_server) {
  booth b;
  served server{b.handler()};
  peer client{server};
  client.send(asked);
  EXPECT_EQ(client.until("\r\n\r\n"), switched);
  server.close().get();
  server.drop();
  server.on_loop([&] { return asio::write(b.taken.front().socket, asio::buffer("still here", 10)); });
  EXPECT_EQ(client.until("here"), "still here");
  server.on_loop([&] { return b.taken.clear(), 0; });
}

TEST(http_upgrade, is_asked_for_by_two_fields) {
  served server{[](const auto& request, auto& response) { response.end(request.upgrade()); }};
  peer client{server};
  EXPECT_EQ(client.talk(asked + ask("Upgrade: shout\r\n") + ask("Connection: upgrade\r\n") +
                        ask("Connection: x\r\nConnection: UPGRADE\r\nUpgrade: shout\r\n") +
                        "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n"),
            ok("shout") + ok("") + ok("") + ok("shout") + ok(""));
}

TEST(http_upgrade, may_come_later) {
  std::optional<http::response> kept;
  std::promise<void> come;
  booth b;
  served server{[&](const auto&, auto& response) {
    kept.emplace(response.defer());
    come.set_value();
  }};
  peer client{server};
  client.send(asked);
  come.get_future().wait();
  server.on_loop([&] {
    b.taken.emplace_back(kept->upgrade());
    EXPECT_FALSE(kept->open());
    kept.reset();
    return asio::write(b.taken.front().socket, asio::buffer("hello", 5));
  });
  EXPECT_EQ(client.until("hello"), "hello");
  server.on_loop([&] { return b.taken.clear(), 0; });
}

TEST(http_upgrade, of_a_coroutine_keeps_its_request) {
  std::string target;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    http::upgraded mine = response.upgrade();
    co_await asio::async_write(mine.socket, asio::buffer(switched), asio::use_awaitable);
    target = request.target();
  }};
  peer client{server};
  EXPECT_EQ(client.talk(asked), switched);
  EXPECT_EQ(server.on_loop([&] { return target; }), "/u");
}

TEST(http_upgrade, of_what_has_begun_or_ended_is_refused) {
  error_code why;
  served server{[&](const auto& request, auto& response) {
    if (request.path() == "/begun") response.write("x");
    if (request.path() == "/ended") response.end("x");
    try {
      const auto never = response.upgrade();
      ADD_FAILURE();
    } catch (const boost::system::system_error& error) {
      why = error.code();
    }
    response.end("y");
  }};
  EXPECT_EQ(peer{server}.talk(get("/begun")),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n1\r\ny\r\n0\r\n\r\n");
  EXPECT_EQ(server.on_loop([&] { return why; }), asio::error::already_started);
  EXPECT_EQ(peer{server}.talk(get("/ended")), ok("x"));
  EXPECT_EQ(server.on_loop([&] { return why; }), asio::error::not_connected);
}

}  // namespace
}  // namespace brood_test

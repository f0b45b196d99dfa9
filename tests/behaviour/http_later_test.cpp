// Responses that are finished after the handler has returned.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "http_peer.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;

/// Keeps what handlers defer until the test says go.
struct shelf {
  std::list<http::response> kept;
  std::promise<void> first;

  auto keep() {
    return [this](const http::request&, http::response& response) {
      kept.push_back(response.defer());
      if (kept.size() == 1) first.set_value();
    };
  }
  void wait() { first.get_future().wait(); }
  void clear() {
    kept.clear();
    first = {};
  }
};

TEST(http_later, a_response_may_be_ended_by_a_timer) {
  served* self = nullptr;
  served server{[&](const auto& request, auto& response) {
    auto timer = std::make_shared<asio::steady_timer>(self->loop(), 1ms);
    timer->async_wait([timer, &request, later = response.defer()](auto) mutable {
      // The request lives as long as its response.
      later.end("late " + std::string(request.target()));
    });
  }};
  self = &server;
  EXPECT_EQ(peer{server}.talk(get("/1") + get("/2") + get("/3")), ok("late /1") + ok("late /2") + ok("late /3"));
}

TEST(http_later, pipelined_requests_wait_for_the_one_before) {
  shelf s;
  served server{[&](const http::request& request, http::response& response) {
    if (request.target() == "/wait") return s.keep()(request, response);
    echo(request, response);
  }};
  peer client{server};
  client.send(get("/wait") + get("/2") + get("/3"));
  s.wait();
  EXPECT_EQ(server.statistics().requests, 1u);
  server.on_loop([&] { return s.kept.front().end("1"); });
  client.half_close();
  EXPECT_EQ(client.rest(), ok("1") + ok("/2 ") + ok("/3 "));
  server.on_loop([&] { return s.kept.clear(), 0; });
}

TEST(http_later, the_next_handler_does_not_run_inside_end) {
  shelf s;
  bool inside = false;
  bool nested = false;
  served server{[&](const http::request& request, http::response& response) {
    nested = nested || inside;
    if (request.target() == "/wait") return s.keep()(request, response);
    echo(request, response);
  }};
  peer client{server};
  client.send(get("/wait") + get("/2"));
  s.wait();
  server.on_loop([&] {
    inside = true;
    s.kept.front().end("1");
    inside = false;
    return 0;
  });
  EXPECT_EQ(client.until("/2 "), ok("1") + ok("/2 "));
  EXPECT_FALSE(server.on_loop([&] { return nested; }));
  server.on_loop([&] { return s.kept.clear(), 0; });
}

TEST(http_later, each_piece_of_a_stream_is_sent_at_once) {
  shelf s;
  served server{s.keep()};
  peer client{server};
  client.send(get("/"));
  s.wait();
  const auto write = [&](std::string_view piece) {
    return server.on_loop([&] { return s.kept.front().write(piece); });
  };
  EXPECT_TRUE(write("one"));
  EXPECT_EQ(client.until("one\r\n"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_TRUE(write("two"));
  EXPECT_EQ(client.until("two\r\n"), "3\r\ntwo\r\n");
  EXPECT_TRUE(server.on_loop([&] { return s.kept.front().end(); }));
  EXPECT_EQ(client.until("0\r\n\r\n"), "0\r\n\r\n");
  server.on_loop([&] { return s.kept.clear(), 0; });
}

TEST(http_later, write_tells_when_the_peer_does_not_follow) {
  shelf s;
  served server{s.keep()};
  peer client{server};
  client.send(get("/"));
  s.wait();
  const std::string piece(100'000, 'x');
  std::size_t written = 0;
  server.on_loop([&] {
    do written += piece.size();
    while (s.kept.front().write(piece) && written < (1u << 30));
    return s.kept.front().end();
  });
  EXPECT_LT(written, 1u << 30);
  client.half_close();
  const auto answer = client.rest();
  EXPECT_EQ(std::count(answer.begin(), answer.end(), 'x'), static_cast<std::ptrdiff_t>(written));
  server.on_loop([&] { return s.kept.clear(), 0; });
}

TEST(http_later, ending_after_the_peer_has_gone_does_nothing) {
  shelf s;
  served server{s.keep()};
  {
    peer client{server};
    client.send(get("/"));
    s.wait();
    client.socket().set_option(asio::socket_base::linger(true, 0));  // goes with a reset
  }
  const std::string large(1 << 20, 'x');
  server.on_loop([&] {
    auto& later = s.kept.front();
    while (later.write(large)) {}
    EXPECT_FALSE(later.open());
    EXPECT_FALSE(later.end("x"));
    return 0;
  });
  EXPECT_EQ(server.statistics().connections, 0u);
  server.on_loop([&] { return s.clear(), 0; });
  peer next{server};
  next.send(get("/"));
  s.wait();
  server.on_loop([&] { return s.clear(), 0; });  // a strand must not outlive its context
}

TEST(http_later, a_response_outlives_its_server) {
  shelf s;
  served server{s.keep()};
  peer client{server};
  client.send(get("/"));
  s.wait();
  server.drop();
  EXPECT_EQ(client.rest(), "");
  server.on_loop([&] {
    EXPECT_FALSE(s.kept.front().open());
    EXPECT_FALSE(s.kept.front().end("x"));
    s.kept.clear();
    return 0;
  });
}

TEST(http_later, old_copies_do_not_touch_the_next_request) {
  shelf s;
  served server{[&](const http::request& request, http::response& response) {
    if (request.target() == "/2") {
      EXPECT_FALSE(s.kept.front().open());
      EXPECT_FALSE(s.kept.front().end("wrong"));
      const auto copy = s.kept.front();
      s.kept.clear();
      return echo(request, response);
    }
    s.keep()(request, response);
    response.end("1");
  }};
  EXPECT_EQ(peer{server}.talk(get("/1") + get("/2")), ok("1") + ok("/2 "));
}

TEST(http_later, a_response_that_is_dropped_is_answered_with_500) {
  shelf s;
  served server{s.keep()};
  peer client{server};
  client.send(get("/"));
  s.wait();
  server.on_loop([&] {
    s.kept.push_back(s.kept.front());
    s.kept.pop_front();
    auto moved = std::move(s.kept.front());
    s.kept.clear();
    return moved.open();
  });
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace brood_test

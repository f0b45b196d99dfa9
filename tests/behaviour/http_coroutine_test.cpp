// Handlers that are coroutines.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>

#include "http_peer.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

/// Lets coroutines wait until the test opens it; tells the test when one has come.
class gate {
 public:
  asio::awaitable<void> pass() {
    asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    timers_.push_back(&timer);
    come_.set_value();
    try {
      co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {}
  }
  void wait() { come_.get_future().wait(); }
  void open() {
    for (auto* timer : std::exchange(timers_, {})) timer->cancel();
  }

 private:
  std::list<asio::steady_timer*> timers_;
  std::promise<void> come_;
};

asio::awaitable<void> turn() {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
  co_await timer.async_wait(asio::use_awaitable);
}

TEST(http_coroutine, answers_in_order) {
  served server{[](const auto& request, auto& response) -> asio::awaitable<void> {
    if (request.path() == "/slow") co_await turn();
    echo(request, response);
  }};
  EXPECT_EQ(peer{server}.talk(get("/slow?1") + get("/2") + get("/slow?3") + get("/4")),
            ok("/slow?1 ") + ok("/2 ") + ok("/slow?3 ") + ok("/4 "));
}

TEST(http_coroutine, that_throws_is_answered_with_500_and_the_connection_stays) {
  std::string logged;
  served server{[](const auto& request, auto& response) -> asio::awaitable<void> {
                  if (request.path() == "/first") throw std::runtime_error("at once");
                  co_await turn();
                  if (request.path() == "/then") throw std::runtime_error("later");
                  if (request.path() == "/forget") co_return;
                  response.end("fine");
                },
                {.log = [&](brood::log_level, std::string_view text) { logged += std::string(text) + '\n'; }}};
  EXPECT_EQ(peer{server}.talk(get("/first") + get("/then") + get("/forget") + get("/")),
            internal_error + internal_error + internal_error + ok("fine"));
  server.drop();
  EXPECT_EQ(logged,
            "http: handler of GET /first failed: at once\nhttp: handler of GET /then failed: later\n"
            "http: handler of GET /forget failed: it neither ended the response nor kept a copy\n");
}

TEST(http_coroutine, may_leave_the_answer_to_a_copy) {
  std::list<http::response> kept;
  gate g;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    if (request.path() == "/wait") {
      kept.push_back(response.defer());
      co_return co_await g.pass();
    }
    echo(request, response);
  }};
  peer client{server};
  client.send(get("/wait") + get("/2"));
  g.wait();
  server.on_loop([&] { return g.open(), 0; });
  while (server.on_loop([&] { return kept.front().open() && server.server().statistics().requests < 1; })) {}
  server.on_loop([&] { return kept.front().end("copy"); });
  EXPECT_EQ(client.until("/2 "), ok("copy") + ok("/2 "));
  server.on_loop([&] { return kept.clear(), 0; });
}

TEST(http_coroutine, keeps_the_request_until_it_ends_though_the_answer_has_left) {
  gate g;
  std::string seen;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    echo(request, response);
    if (request.path() != "/long") co_return;
    co_await g.pass();
    seen = request.target();
    EXPECT_FALSE(response.open());
  }};
  peer client{server};
  client.send(get("/long") + get("/2"));
  EXPECT_EQ(client.until("/long "), ok("/long "));
  g.wait();
  EXPECT_EQ(server.statistics().requests, 1u);
  server.on_loop([&] { return g.open(), 0; });
  EXPECT_EQ(client.until("/2 "), ok("/2 "));
  EXPECT_EQ(seen, "/long");
}

TEST(http_coroutine, keeps_the_request_when_the_connection_is_lost) {
  gate g;
  std::promise<std::string> seen;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    co_await g.pass();
    const std::string large(1 << 20, 'x');
    while (response.write(large)) {}
    EXPECT_FALSE(response.end());
    seen.set_value(std::string(request.target()));
  }};
  {
    peer client{server};
    client.send(get("/lost"));
    g.wait();
    client.socket().set_option(asio::socket_base::linger(true, 0));  // goes with a reset
  }
  server.on_loop([&] { return g.open(), 0; });
  EXPECT_EQ(seen.get_future().get(), "/lost");
}

TEST(http_coroutine, outlives_its_server) {
  gate g;
  std::promise<std::string> seen;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
                  co_await g.pass();
                  EXPECT_FALSE(response.open());
                  seen.set_value(std::string(request.target()));
                  throw std::runtime_error("nobody is there to be told");
                },
                {.log = [](brood::log_level, std::string_view) { ADD_FAILURE(); }}};
  peer client{server};
  client.send(get("/dropped"));
  g.wait();
  server.drop();
  EXPECT_EQ(client.rest(), "");
  server.on_loop([&] { return g.open(), 0; });
  EXPECT_EQ(seen.get_future().get(), "/dropped");
}

TEST(http_coroutine, goes_with_its_loop) {
  auto kept = std::make_shared<int>(0);
  gate g;
  {
    served server{[&](const auto&, auto&) -> asio::awaitable<void> {
      const auto held = kept;
      co_await g.pass();
    }};
    peer client{server};
    client.send(get("/"));
    g.wait();
    EXPECT_GT(kept.use_count(), 1);
    server.drop();
    server.on_loop([&] { return server.loop().stop(), 0; });
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(http_coroutine, a_draining_server_waits_for_it) {
  gate g;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    co_await g.pass();
    echo(request, response);
  }};
  peer client{server};
  client.send(get("/"));
  g.wait();
  auto closed = server.close();
  server.on_loop([&] { return g.open(), 0; });
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/ ");
  client.socket().close();
  closed.get();
}

/// It ended its answer, which said that the connection goes on, before it ended itself.
TEST(http_coroutine, a_draining_server_serves_what_comes_behind_its_answer) {
  gate g;
  bool first = true;
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    echo(request, response);
    if (std::exchange(first, false)) co_await g.pass();
  }};
  peer client{server};
  client.send(get("/1"));
  g.wait();
  EXPECT_EQ(client.until("/1 "), ok("/1 "));
  auto closed = server.close();
  server.on_loop([&] { return g.open(), 0; });
  client.send(get("/2"));
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n/2 ");
  client.socket().close();
  closed.get();
}

TEST(http_coroutine, writes_as_fast_as_the_peer_reads) {
  constexpr int pieces = 2000;
  int waited = 0;
  served server{[&](const auto&, auto& response) -> asio::awaitable<void> {
    const std::string piece(10'000, 'x');
    for (int i = 0; i < pieces; ++i) {
      if (response.write(piece)) continue;
      ++waited;
      co_await response.async_drained(asio::use_awaitable);
    }
    response.end();
  }};
  peer client{server};
  client.send(get("/"));
  client.half_close();
  std::string answer;
  error_code end;
  asio::read(client.socket(), asio::dynamic_buffer(answer), end);
  EXPECT_EQ(std::count(answer.begin(), answer.end(), 'x'), 10'000 * pieces);
  EXPECT_GT(server.on_loop([&] { return waited; }), 0);
}

TEST(http_coroutine, draining_ends_with_the_connection) {
  std::promise<error_code> told;
  std::promise<void> blocked;
  served server{[&](const auto&, auto& response) -> asio::awaitable<void> {
    co_await response.async_drained(asio::use_awaitable);  // at once
    const std::string piece(100'000, 'x');
    while (response.write(piece)) {}
    blocked.set_value();
    auto [ec] = co_await response.async_drained(asio::as_tuple(asio::use_awaitable));
    told.set_value(ec);
  }};
  {
    peer client{server};
    client.send(get("/"));
    blocked.get_future().wait();
    client.socket().set_option(asio::socket_base::linger(true, 0));  // goes with a reset
  }
  EXPECT_EQ(told.get_future().get(), asio::error::not_connected);
}

}  // namespace
}  // namespace brood_test

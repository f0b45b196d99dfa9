// Handlers that read the body of a request themselves, while it comes.
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "brood/error.hpp"
#include "http_peer.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

std::string post(std::string_view target, std::size_t length) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}
std::string post(std::string_view target, std::string_view body) {
  return post(target, body.size()) + std::string(body);
}
std::string chunked(std::string_view target, std::string_view encoded) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(encoded);
}

/// Answers with the target and the whole body, as echo() does.
asio::awaitable<void> collect(const http::request& request, http::request_body& body, http::response& response) {
  EXPECT_EQ(request.body(), "");
  std::string all;
  for (;;) {
    const std::string_view piece = co_await body.async_read(asio::use_awaitable);
    if (piece.empty()) break;
    all += piece;
  }
  EXPECT_EQ(co_await body.async_read(asio::use_awaitable), "");
  response.end(std::string(request.target()) + ' ' + all);
}

void expect_the_same_byte_by_byte(const std::string& sent, const std::string& answered) {
  {
    served server{collect};
    EXPECT_EQ(peer{server}.talk(sent), answered);
  }
  served server{collect};
  peer client{server};
  client.socket().set_option(asio::ip::tcp::no_delay(true));
  error_code refused_meanwhile;
  for (const char& c : sent) asio::write(client.socket(), asio::buffer(&c, 1), refused_meanwhile);
  client.socket().shutdown(asio::ip::tcp::socket::shutdown_send, refused_meanwhile);
  EXPECT_EQ(client.rest(), answered);
}

TEST(http_body_stream, reads_what_a_whole_body_would_be) {
  expect_the_same_byte_by_byte(get("/1") + post("/2", "abc") +
                                   chunked("/3", "2\r\nde\r\n1;x=y\r\nf\r\n0\r\nT: u\r\n\r\n") + post("/4", "") +
                                   get("/5"),
                               ok("/1 ") + ok("/2 abc") + ok("/3 def") + ok("/4 ") + ok("/5 "));
}

TEST(http_body_stream, a_read_that_is_kept_beyond_its_request_reads_no_other) {
  using deferred_read = decltype(std::declval<http::request_body&>().async_read(asio::deferred));
  std::optional<deferred_read> kept;
  served server{[&](const auto& request, auto& body, auto& response) -> asio::awaitable<void> {
    if (!kept) {
      kept.emplace(body.async_read(asio::deferred));
      co_return echo(request, response);
    }
    std::optional<error_code> outcome;
    std::move (*kept)([&](error_code ec, std::string_view) { outcome = ec; });
    kept.reset();  // a strand must not outlive its context
    co_await collect(request, body, response);
    EXPECT_EQ(outcome, error_code(asio::error::not_connected));
  }};
  // The first connection is over, so its memory may serve the second one.
  EXPECT_EQ(peer{server}.talk(get("/1")), ok("/1 "));
  EXPECT_EQ(peer{server}.talk(post("/2", "abc")), ok("/2 abc"));
}

TEST(http_body_stream, refuses_what_is_malformed) {
  expect_the_same_byte_by_byte(post("/1", "abc") + chunked("/2", "2\r\nde\r\nx\r\n0\r\n\r\n") + get("/3"),
                               ok("/1 abc") + last("400 Bad Request"));
}

TEST(http_body_stream, a_large_body_comes_in_pieces) {
  std::size_t most = 0;
  served server{[&](const auto&, auto& body, auto& response) -> asio::awaitable<void> {
                  std::size_t sum = 0;
                  for (;;) {
                    const std::string_view piece = co_await body.async_read(asio::use_awaitable);
                    if (piece.empty()) break;
                    most = std::max(most, piece.size());
                    sum += piece.size();
                  }
                  response.end(std::to_string(sum));
                },
                {.max_body_size = 1 << 30}};
  EXPECT_EQ(peer{server}.talk(post("/", std::string(20'000'000, 'x')) + get("/")), ok("20000000") + ok("0"));
  EXPECT_LE(server.on_loop([&] { return most; }), 64u * 1024);
}

TEST(http_body_stream, the_peer_is_not_read_from_before_it_is_asked) {
  std::list<http::response> kept;
  std::promise<void> come;
  http::request_body* body = nullptr;
  served server{[&](const auto&, http::request_body& incoming, auto& response) {
                  kept.push_back(response.defer());
                  body = &incoming;
                  come.set_value();
                },
                {.max_body_size = 1 << 30}};
  peer client{server};
  client.send(post("/", 100'000'000));
  come.get_future().wait();
  // Far more than sockets hold, so it would all be sent only if somebody read it.
  client.socket().non_blocking(true);
  const std::string piece(1 << 20, 'x');
  std::size_t sent = 0;
  error_code ec;
  while (!ec && sent < 100'000'000) sent += client.socket().write_some(asio::buffer(piece), ec);
  EXPECT_EQ(ec, asio::error::would_block);
  auto read = server.on_loop([&] { return body->async_read(asio::use_future); });
  EXPECT_GT(read.get().size(), 0u);
  server.on_loop([&] { return kept.clear(), 0; });
}

TEST(http_body_stream, go_on_is_said_by_the_first_read) {
  served server{[](const auto& request, auto& body, auto& response) -> asio::awaitable<void> {
    if (request.path() == "/no") {
      response.status(403).end();
      co_return;
    }
    co_await collect(request, body, response);
  }};
  const auto expecting = [](std::string_view target) {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  };
  peer client{server};
  client.send(expecting("/yes"));
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc" + expecting("/no"));
  EXPECT_EQ(client.until("abc"), ok("/yes abc"));
  EXPECT_EQ(client.rest(), last("403 Forbidden"));
}

TEST(http_body_stream, a_body_nobody_reads_ends_the_connection_unless_it_is_here) {
  served server{[](const auto& request, auto&, auto& response) { response.end(request.target()); }};
  EXPECT_EQ(peer{server}.talk(post("/1", "abc") + chunked("/2", "3\r\nabc\r\n0\r\n\r\n") + get("/3")),
            ok("/1") + ok("/2") + ok("/3"));
  peer client{server};
  client.send(post("/4", 4) + "abc");
  EXPECT_EQ(client.until("/4"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/4");
  client.send("d" + get("/5"));
  client.half_close();
  EXPECT_EQ(client.rest(), "");
}

TEST(http_body_stream, limits_hold) {
  std::promise<error_code> told;
  served server{[&](const auto&, auto& body, auto& response) -> asio::awaitable<void> {
                  for (;;) {
                    const auto [ec, piece] = co_await body.async_read(asio::as_tuple(asio::use_awaitable));
                    if (!ec) continue;
                    EXPECT_FALSE(response.open());
                    told.set_value(ec);
                    co_return;
                  }
                },
                {.max_body_size = 5}};
  EXPECT_EQ(peer{server}.talk(post("/", "abcdef")), last("413 Content Too Large"));
  EXPECT_EQ(peer{server}.talk(chunked("/", "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")), last("413 Content Too Large"));
  EXPECT_EQ(told.get_future().get(), brood::errc::message_too_large);
}

TEST(http_body_stream, a_body_that_does_not_come_is_timed_out) {
  std::promise<error_code> told;
  served server{[&](const auto&, auto& body, auto&) -> asio::awaitable<void> {
                  co_await body.async_read(asio::use_awaitable);
                  const auto [ec, piece] = co_await body.async_read(asio::as_tuple(asio::use_awaitable));
                  told.set_value(ec);
                },
                {.request_timeout = 20ms}};
  peer client{server};
  client.send(post("/", 4) + "abc");
  EXPECT_EQ(client.until("\r\n\r\n"), last("408 Request Timeout"));
  EXPECT_EQ(told.get_future().get(), asio::error::timed_out);
  client.half_close();
  EXPECT_EQ(client.rest(), "");
}

TEST(http_body_stream, a_peer_that_goes_in_the_middle_is_told) {
  std::promise<error_code> told;
  served server{[&](const auto&, auto& body, auto& response) -> asio::awaitable<void> {
    co_await body.async_read(asio::use_awaitable);
    const auto [ec, piece] = co_await body.async_read(asio::as_tuple(asio::use_awaitable));
    EXPECT_FALSE(response.open());
    told.set_value(ec);
  }};
  EXPECT_EQ(peer{server}.talk(post("/", 4) + "abc"), "");
  EXPECT_EQ(told.get_future().get(), asio::error::eof);
}

TEST(http_body_stream, a_body_goes_back_while_it_comes) {
  served server{[](const auto&, auto& body, auto& response) -> asio::awaitable<void> {
    for (;;) {
      const std::string_view piece = co_await body.async_read(asio::use_awaitable);
      if (piece.empty()) break;
      if (!response.write(piece)) co_await response.async_drained(asio::use_awaitable);
    }
    response.end();
  }};
  peer client{server};
  client.send(post("/", 4) + "ab");
  EXPECT_EQ(client.until("ab\r\n"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
  client.send("cd" + get("/"));
  EXPECT_EQ(client.until("0\r\n\r\n"), "2\r\ncd\r\n0\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), ok(""));
}

TEST(http_body_stream, a_failing_handler_is_answered_and_an_unread_body_closes) {
  served server{[](const auto& request, auto& body, auto&) -> asio::awaitable<void> {
    if (request.path() == "/at-once") throw std::runtime_error("no luck");
    co_await body.async_read(asio::use_awaitable);
    throw std::runtime_error("no luck");
  }};
  EXPECT_EQ(peer{server}.talk(post("/at-once", "abc") + post("/then", "abc")), internal_error + internal_error);
  EXPECT_EQ(peer{server}.talk(post("/then", 4) + "abc"), last("500 Internal Server Error"));
}

TEST(http_body_stream, callbacks_may_read) {
  struct reading : std::enable_shared_from_this<reading> {
    reading(http::request_body& b, http::response r) : body(b), response(std::move(r)) {}
    void next() {
      body.async_read([self = shared_from_this()](error_code, std::string_view piece) {
        if (piece.empty()) return void(self->response.end(self->all));
        self->all += piece;
        self->next();
      });
    }
    http::request_body& body;
    http::response response;
    std::string all;
  };
  served server{[](const auto&, http::request_body& body, auto& response) {
    std::make_shared<reading>(body, response.defer())->next();
  }};
  EXPECT_EQ(peer{server}.talk(post("/", "abc") + chunked("/", "1\r\nd\r\n1\r\ne\r\n0\r\n\r\n")), ok("abc") + ok("de"));
}

}  // namespace
}  // namespace brood_test

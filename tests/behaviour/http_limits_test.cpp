// Time-outs, limits, draining, listening.
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <string>

#include "http_peer.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;

TEST(http_timeout, a_head_that_does_not_end_is_answered_with_408) {
  served server{echoes, {.headers_timeout = 20ms}};
  peer client{server};
  client.send("GET / HTTP/1.1\r\nX: ");
  EXPECT_EQ(client.until("\r\n\r\n"), last("408 Request Timeout"));
  client.half_close();
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(server.statistics().timed_out, 1u);
}

TEST(http_timeout, a_body_that_does_not_end_is_answered_with_408) {
  served server{echoes, {.headers_timeout = 0ms, .request_timeout = 20ms}};
  peer client{server};
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab");
  EXPECT_EQ(client.until("\r\n\r\n"), last("408 Request Timeout"));
}

TEST(http_timeout, a_connection_that_never_asks_is_closed_without_a_word) {
  served server{echoes, {.headers_timeout = 20ms}};
  EXPECT_EQ(peer{server}.rest(), "");
  EXPECT_EQ(server.statistics().timed_out, 1u);
}

TEST(http_timeout, an_idle_connection_is_closed) {
  served server{echoes, {.keep_alive_timeout = 20ms}};
  peer client{server};
  client.send(get("/1") + get("/2"));
  EXPECT_EQ(client.rest(), ok("/1 ") + ok("/2 "));
  EXPECT_EQ(server.statistics().timed_out, 0u);
}

// Node: headersTimeout begins with a request, and an empty line begins none.
TEST(http_timeout, an_empty_line_leaves_an_idle_connection_its_keep_alive_timeout) {
  served server{echoes, {.headers_timeout = 20ms, .keep_alive_timeout = 20ms}};
  for (const char* lines : {"\r\n", "\r", "\r\n\r\n\r"}) {
    peer client{server};
    client.send(get("/1") + lines);
    EXPECT_EQ(client.rest(), ok("/1 "));
  }
  EXPECT_EQ(server.statistics().timed_out, 0u);
  EXPECT_EQ(server.statistics().refused, 0u);
}

TEST(http_timeout, an_empty_line_does_not_begin_the_headers_timeout) {
  served server{echoes, {.headers_timeout = 20ms, .keep_alive_timeout = 0ms}};
  peer client{server};
  client.send(get("/1") + "\r\n");
  EXPECT_EQ(client.until("/1 "), ok("/1 "));
  // The time-outs of other connections show that time has passed.
  for (int i = 0; i < 3; ++i) peer{server}.rest();
  client.send(get("/2"));
  EXPECT_EQ(client.until("/2 "), ok("/2 "));
  client.send("\r\nGET");
  EXPECT_EQ(client.until("\r\n\r\n"), last("408 Request Timeout"));
}

TEST(http_timeout, a_peer_that_takes_nothing_is_closed) {
  const std::string large(64 << 20, 'x');
  served server{[&](const auto&, auto& response) { response.end(large); }, {.send_timeout = 20ms}};
  peer client{server};
  client.send(get("/"));
  client.until("\r\n\r\n");
  // Counted only once the server has given up, since nothing is read until then.
  while (server.statistics().timed_out == 0) std::this_thread::yield();
  EXPECT_LT(client.rest().size(), large.size());
}

TEST(http_timeout, none_runs_while_the_handler_thinks) {
  std::optional<http::response> later;
  std::promise<void> asked;
  served server{[&](const auto&, auto& response) {
                  later = response.defer();
                  asked.set_value();
                },
                {.headers_timeout = 10ms, .request_timeout = 10ms, .keep_alive_timeout = 10ms, .send_timeout = 10ms}};
  peer client{server};
  client.send(get("/"));
  asked.get_future().wait();
  // Another connection's time-out tells that time has passed.
  peer{server}.rest();
  peer{server}.rest();
  server.on_loop([&] {
    const bool open = later->end("x");
    later.reset();
    return open;
  });
  EXPECT_EQ(client.rest(), ok("x"));
}

TEST(http_limit, a_connection_too_many_is_answered_with_503) {
  served server{echoes, {.max_connections = 1}};
  peer first{server};
  first.send(get("/1"));
  first.until("/1 ");
  peer second{server};
  EXPECT_EQ(second.rest(), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(first.talk(get("/2")), ok("/2 "));
}

TEST(http_limit, a_connection_ends_with_its_last_request) {
  served server{echoes, {.max_requests_per_socket = 2}};
  EXPECT_EQ(peer{server}.talk(get("/1") + get("/2") + get("/3")),
            ok("/1 ") + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n/2 ");
}

TEST(http_limit, fields_and_bodies_as_large_as_allowed_pass) {
  served server{echoes, {.max_header_size = 100'000, .max_headers_count = 5000, .max_body_size = 10}};
  std::string fields;
  for (int i = 0; i < 4000; ++i) fields += "X-Field: " + std::to_string(i) + "\r\n";
  EXPECT_EQ(peer{server}.talk("POST /p HTTP/1.1\r\nHost: h\r\n" + fields + "Content-Length: 10\r\n\r\n0123456789"),
            ok("/p 0123456789"));
}

TEST(http_limit, a_body_size_of_0_refuses_every_body) {
  served server{echoes, {.max_body_size = 0}};
  EXPECT_EQ(peer{server}.talk("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" + get("/2")),
            ok("/1 ") + ok("/2 "));
  EXPECT_EQ(peer{server}.talk("POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"),
            last("413 Content Too Large"));
}

TEST(http_close, an_idle_connection_that_sent_an_empty_line_goes) {
  served server{echoes, {.keep_alive_timeout = 20ms}};
  peer idle{server};
  idle.send(get("/") + "\r\n");
  EXPECT_EQ(idle.until("/ "), ok("/ "));
  auto closed = server.close();
  EXPECT_EQ(idle.rest(), "");
  closed.get();
}

TEST(http_close, idle_connections_go) {
  served server{echoes, {.keep_alive_timeout = 20ms}};
  peer idle{server};
  idle.send(get("/"));
  idle.until("/ ");
  auto closed = server.close();
  EXPECT_EQ(idle.rest(), "");
  closed.get();
  EXPECT_EQ(server.statistics().connections, 0u);
}

TEST(http_close, the_next_request_of_a_busy_connection_is_not_lost) {
  served server{answer};
  peer busy{server};
  busy.send(get("/1"));
  busy.until("/1 ");
  auto closed = server.close();
  busy.send(get("/2"));
  EXPECT_EQ(busy.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n/2 ");
  closed.get();
}

TEST(http_close, requests_under_way_are_finished) {
  std::optional<http::response> later;
  std::promise<void> asked;
  served server{[&](const auto& request, auto& response) {
    if (request.target() != "/slow") return echo(request, response);
    later = response.defer();
    asked.set_value();
  }};
  peer slow{server};
  slow.send(get("/slow"));
  asked.get_future().wait();
  peer half{server};
  half.send(get("/1") + "GET /half HTTP/1.1\r\n");
  half.until("/1 ");

  auto closed = server.close();
  half.send("Host: h\r\n\r\n");
  EXPECT_EQ(half.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n/half ");
  EXPECT_EQ(closed.wait_for(0s), std::future_status::timeout);
  server.on_loop([&] {
    later->end("done");
    later.reset();
    return 0;
  });
  EXPECT_EQ(slow.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone");
  closed.get();
}

TEST(http_close, connections_that_were_let_in_are_served) {
  served server{answer};
  std::list<peer> waiting;
  for (int i = 0; i < 10; ++i) waiting.emplace_back(server);
  auto closed = server.close();
  for (auto& client : waiting) {
    client.send(get("/w"));
    EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n/w ");
  }
  closed.get();
  EXPECT_THROW(peer{server}, boost::system::system_error);
}

TEST(http_close, those_that_stay_silent_get_a_moment) {
  served server{echoes, {.keep_alive_timeout = 20ms}};
  peer silent{server};
  auto closed = server.close();
  EXPECT_EQ(silent.rest(), "");
  closed.get();
}

TEST(http_close, ends_when_the_server_is_dropped) {
  std::optional<http::response> later;
  std::promise<void> asked;
  served server{[&](const auto&, auto& response) {
    later = response.defer();
    asked.set_value();
  }};
  peer client{server};
  client.send(get("/"));
  asked.get_future().wait();
  auto closed = server.close();
  server.drop();
  EXPECT_THROW(closed.get(), boost::system::system_error);
  EXPECT_EQ(client.rest(), "");
  server.on_loop([&] { return later.reset(), 0; });
}

TEST(http_close, may_be_called_by_a_handler) {
  std::optional<std::future<void>> closed;
  served* self = nullptr;
  served server{[&](const auto&, auto& response) {
    response.end("x");
    closed = self->server().async_close(asio::use_future);
  }};
  self = &server;
  peer client{server};
  client.send(get("/") + get("/"));
  EXPECT_EQ(client.until("x"), ok("x")) << "it is told that it may go on";
  client.half_close();
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
  closed->get();
}

TEST(http_close, a_handler_may_drop_the_server) {
  served* self = nullptr;
  served server{[&](const auto& request, auto& response) {
    self->drop_here();
    EXPECT_EQ(request.target(), "/x");
    EXPECT_FALSE(response.end("x"));
  }};
  self = &server;
  EXPECT_EQ(peer{server}.talk(get("/x")), "");
}

TEST(http_listen, a_port_in_use_is_told_by_name) {
  served first{answer};
  brood_test::loop loop;
  http::server second{loop, answer};
  try {
    second.listen(first.where());
    FAIL() << "listens on " << second.local_endpoint();
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), boost::system::errc::address_in_use);
    const std::string expected =
        "listen on 127.0.0.1:" + std::to_string(first.where().port()) + ": Address already in use";
    EXPECT_EQ(std::string(error.what()).substr(0, expected.size()), expected);
  }
  EXPECT_EQ(second.local_endpoint(), http::server::endpoint{});
  loop.run();
}

TEST(http_listen, tells_its_port) {
  brood_test::loop loop;
  std::uint16_t told = 0;
  http::server server{loop, answer};
  server.listening.on([&](const http::server::endpoint& where) { told = where.port(); });
  server.listen(0);
  EXPECT_EQ(told, 0) << "told inside the call";
  server.async_close([](auto) {});
  loop.run();
  EXPECT_NE(told, 0);
  EXPECT_EQ(server.local_endpoint().port(), told);
  EXPECT_TRUE(server.local_endpoint().address().is_unspecified());
  EXPECT_THROW(server.listen(0), boost::system::system_error);
}

TEST(http_listen, a_port_alone_is_every_address) {
  brood_test::loop loop;
  http::server server{loop, answer};
  server.listen(0);
  const auto port = server.local_endpoint().port();
  EXPECT_THROW(http::server(loop, echoes).listen(port), boost::system::system_error);
  std::thread client([&] {
    EXPECT_EQ(peer{http::server::endpoint(asio::ip::address_v4::loopback(), port)}.talk(get("/4")), ok("/4 "));
    if (server.local_endpoint().address().is_v6()) {
      EXPECT_EQ(peer{http::server::endpoint(asio::ip::address_v6::loopback(), port)}.talk(get("/6")), ok("/6 "));
    }
    asio::post(loop, [&] { server.async_close([](auto) {}); });
  });
  loop.run();
  client.join();
}

TEST(http_listen, takes_more_than_one_endpoint_and_ipv_6) {
  brood_test::loop loop;
  http::server server{loop, answer};
  server.listen(http::server::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto first = server.local_endpoint();
  try {
    server.listen(http::server::endpoint(asio::ip::address_v6::loopback(), 0));
  } catch (const boost::system::system_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  EXPECT_EQ(server.local_endpoint(), first);
  http::server moved = std::move(server);
  moved.async_close([](auto) {});
  loop.run();
}

}  // namespace
}  // namespace brood_test

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <stdexcept>
#include <string>

#include "http_peer.hpp"

namespace brood_test {
namespace {

struct exchange {
  std::string name;
  std::string sent;
  std::string answered;
};
std::ostream& operator<<(std::ostream& out, const exchange& e) { return out << e.name; }

class http_bytes : public testing::TestWithParam<exchange> {};

TEST_P(http_bytes, is_answered_with) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  EXPECT_EQ(peer{server}.talk(GetParam().sent), GetParam().answered);
}

TEST_P(http_bytes, is_answered_the_same_byte_by_byte) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  peer client{server};
  client.socket().set_option(asio::ip::tcp::no_delay(true));
  boost::system::error_code refused_meanwhile;
  for (const char& c : GetParam().sent) asio::write(client.socket(), asio::buffer(&c, 1), refused_meanwhile);
  client.socket().shutdown(asio::ip::tcp::socket::shutdown_send, refused_meanwhile);
  EXPECT_EQ(client.rest(), GetParam().answered);
}

INSTANTIATE_TEST_SUITE_P(
    http, http_bytes,
    testing::Values(
        exchange{"get", get("/a?b"), ok("/a?b ")},
        exchange{"two on one connection", get("/1") + get("/2"), ok("/1 ") + ok("/2 ")},
        exchange{"post", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get("/q"),
                 ok("/p abc") + ok("/q ")},
        exchange{"chunked post",
                 "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" +
                     get("/q"),
                 ok("/p abc") + ok("/q ")},
        exchange{"head", "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + get("/q"),
                 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + ok("/q ")},
        exchange{"close", "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + get("/2"),
                 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n/1 "},
        exchange{"1.0", "GET /1 HTTP/1.0\r\n\r\n" + get("/2"), ok("/1 ")},
        exchange{"1.0 that stays", "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/2"),
                 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n/1 " + ok("/2 ")},
        exchange{"bad one after a good one", get("/1") + "GET / HTTP/1.1\r\nHost : h\r\n\r\n" + get("/2"),
                 ok("/1 ") + last("400 Bad Request")},
        exchange{"smuggled",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                     get("/2"),
                 last("400 Bad Request")},
        exchange{"length twice", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
                 last("400 Bad Request")},
        exchange{"length with a sign", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na",
                 last("400 Bad Request")},
        exchange{"length in hexadecimal", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\na",
                 last("400 Bad Request")},
        exchange{"chunk size that is none",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\ng\r\na\r\n0\r\n\r\n",
                 last("400 Bad Request")},
        exchange{"chunk longer than told",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
                 last("400 Bad Request")},
        exchange{"chunked by 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 last("400 Bad Request")},
        exchange{"encoding we lack", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                 last("501 Not Implemented")},
        exchange{"folded field", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", last("400 Bad Request")},
        exchange{"bare LF", "GET / HTTP/1.1\nHost: h\n\n", last("400 Bad Request")},
        exchange{"bare CR", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", last("400 Bad Request")},
        exchange{"zero in a value", std::string("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35),
                 last("400 Bad Request")},
        exchange{"no host", "GET / HTTP/1.1\r\n\r\n", last("400 Bad Request")},
        exchange{"two hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", last("400 Bad Request")},
        exchange{"host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", last("400 Bad Request")},
        exchange{"version two", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", last("505 HTTP Version Not Supported")},
        exchange{"space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", last("400 Bad Request")},
        exchange{"target that is no path", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", last("400 Bad Request")},
        exchange{"absolute form", "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", ok("http://h/a?b ")},
        exchange{"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ok("* ")},
        exchange{"empty lines before it", "\r\n\r\n" + get("/1") + "\r\n" + get("/2"), ok("/1 ") + ok("/2 ")},
        exchange{"a method of its own", "PURGE /1 HTTP/1.1\r\nHost: h\r\n\r\n", ok("/1 ")},
        exchange{"TLS", "\x16\x03\x01\x02", last("400 Bad Request")},
        exchange{"body too large", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\nabc",
                 last("413 Content Too Large")},
        exchange{"head too large", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17000, 'x') + "\r\n\r\n",
                 last("431 Request Header Fields Too Large")},
        exchange{"target too long", "GET /" + std::string(17000, 'x') + " HTTP/1.1\r\n\r\n", last("414 URI Too Long")},
        exchange{"expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: gold\r\nContent-Length: 1\r\n\r\na",
                 last("417 Expectation Failed")},
        exchange{"connect", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", last("405 Method Not Allowed")},
        exchange{"nothing", "", ""}, exchange{"half a request", "GET / HT", ""}),
    [](const auto& tested) {
      auto name = tested.param.name;
      std::replace_if(
          name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
      return name;
    });

TEST(http_exchange, many_pipelined_requests_are_answered_in_order) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  std::string sent;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    sent += get("/" + std::to_string(i));
    expected += ok("/" + std::to_string(i) + " ");
  }
  EXPECT_EQ(peer{server}.talk(sent), expected);
  EXPECT_EQ(server.statistics().requests, 5000u);
}

TEST(http_exchange, continue_is_sent_to_those_who_wait_for_it) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  peer client{server};
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.talk("abc"), ok("/p abc"));
}

TEST(http_exchange, large_bodies_go_both_ways) {
  served server{[](const auto& request, auto& response) { response.end(request.body()); },
                {.max_body_size = 32 * 1024 * 1024}};
  std::string body(8 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  peer client{server};
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    client.half_close();
  });
  const auto answer = client.rest();
  sender.join();
  EXPECT_TRUE(answer == ok(body)) << answer.size() << " bytes";
}

TEST(http_exchange, a_refused_upload_is_read_so_that_the_answer_arrives) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  peer client{server};
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), last("413 Content Too Large"));
  for (int i = 0; i < 20; ++i) client.send(std::string(100'000, 'x'));
  client.half_close();
  EXPECT_EQ(client.rest(), "");
}

TEST(http_exchange, requests_and_fields_are_seen_by_the_handler) {
  served server{[](const auto& request, auto& response) {
    std::string text;
    for (const auto field : request.headers()) text += std::string(field.name) + '=' + std::string(field.value) + ' ';
    text +=
        std::string(request.method_string()) + ' ' + std::string(request.path()) + ' ' + std::string(request.query());
    response.status(request.method() == http::verb::put ? 201 : 200).header("Content-Type", "text/plain").end(text);
  }};
  EXPECT_EQ(peer{server}.talk("PUT /a?b=c HTTP/1.1\r\nHost: h\r\nX-Y:  z \r\n\r\n"),
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n\r\nHost=h X-Y=z PUT /a b=c");
}

TEST(http_exchange, bodies_are_streamed_in_chunks) {
  served server{[](const auto&, auto& response) {
    response.write("ab");
    response.write("");
    response.write(std::string(20'000, 'x'));
    response.end("c");
  }};
  const std::string expected = "2\r\nab\r\n4e20\r\n" + std::string(20'000, 'x') + "\r\n1\r\nc\r\n0\r\n\r\n";
  EXPECT_EQ(peer{server}.talk(get("/")), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + expected);
  EXPECT_EQ(peer{server}.talk("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n\r\nab" + std::string(20'000, 'x') + "c");
  EXPECT_EQ(peer{server}.talk("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(http_exchange, handlers_that_throw_are_answered_with_500_and_the_connection_stays) {
  std::string logged;
  served server{[](const auto& request, auto& response) {
                  response.status(201).header("X", "y");
                  if (request.path() == "/throw") throw std::runtime_error("no luck");
                  if (request.path() == "/odd") throw 7;
                  if (request.path() == "/forget") return;
                  if (request.path() == "/late") {
                    response.end("fine");
                    throw std::runtime_error("too late");
                  }
                  response.end();
                },
                {.log = [&](brood::log_level, std::string_view text) { logged += std::string(text) + '\n'; }}};
  const std::string failed = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(peer{server}.talk(get("/throw") + get("/odd") + get("/forget") + get("/late") + get("/")),
            failed + failed + failed + "HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 4\r\n\r\nfine" +
                "HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 0\r\n\r\n");
  server.drop();
  EXPECT_EQ(logged,
            "http: handler of GET /throw failed: no luck\nhttp: handler of GET /odd failed: it threw what is no "
            "std::exception\nhttp: handler of GET /forget failed: it neither ended the response nor kept a copy\n"
            "http: handler of GET /late failed: too late\n");
}

TEST(http_exchange, a_stream_that_fails_is_cut_off) {
  served server{[](const auto&, auto& response) {
    response.write("ab");
    throw std::runtime_error("no luck");
  }};
  EXPECT_EQ(peer{server}.talk(get("/") + get("/")), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
}

TEST(http_exchange, handlers_may_close) {
  served server{[](const auto&, auto& response) { response.header("Connection", "close").end("x"); }};
  EXPECT_EQ(peer{server}.talk(get("/") + get("/")),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
}

TEST(http_exchange, nothing_follows_the_end) {
  served server{[](const auto&, auto& response) {
    EXPECT_TRUE(response.open());
    EXPECT_TRUE(response.end("x"));
    EXPECT_FALSE(response.open());
    EXPECT_FALSE(response.end("y"));
    EXPECT_FALSE(response.write("z"));
    response.status(500).header("X", "y");
  }};
  EXPECT_EQ(peer{server}.talk(get("/")), ok("x"));
}

}  // namespace
}  // namespace brood_test

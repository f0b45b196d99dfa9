#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "http_peer.hpp"

namespace brood_test {
namespace {

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

TEST(http_exchange, targets_are_decoded_for_the_handler) {
  served server{[](const auto& request, auto& response) {
    std::string text = request.decoded_path() + ' ' + request.parameter("q").value_or("none") + ' ';
    for (const auto& one : request.parameters()) text += '[' + one.name + '=' + one.value + ']';
    response.end(text);
  }};
  EXPECT_EQ(peer{server}.talk(get("/a%20b+c%2Fd/%zz?q=1+2&%71=%263&r")), ok("/a b+c/d/%zz 1 2 [q=1 2][q=&3][r=]"));
  EXPECT_EQ(peer{server}.talk(get("http://h?q")), ok("/  [q=]"));
  EXPECT_EQ(peer{server}.talk(get("/?r=%")), ok("/ none [r=%]"));
}

TEST(http_exchange, json_is_sent_as_such) {
  served server{[](const auto& request, auto& response) {
    if (request.path() == "/404") response.status(404);
    response.header("Content-Type", "text/plain");
    EXPECT_TRUE(response.json({{"path", request.path()}, {"n", 1.5}, {"list", {1, nullptr, true}}}));
    EXPECT_FALSE(response.json(nullptr));
  }};
  const auto answer = [](std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
  };
  EXPECT_EQ(peer{server}.talk(get("/a") + get("/404")),
            answer("200 OK", R"({"path":"/a","n":1.5E0,"list":[1,null,true]})") +
                answer("404 Not Found", R"({"path":"/404","n":1.5E0,"list":[1,null,true]})"));
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
  EXPECT_EQ(peer{server}.talk(get("/throw") + get("/odd") + get("/forget") + get("/late") + get("/")),
            internal_error + internal_error + internal_error +
                "HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 4\r\n\r\nfine" +
                "HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 0\r\n\r\n");
  server.drop();
  EXPECT_EQ(logged,
            "http: handler of GET /throw failed: no luck\nhttp: handler of GET /odd failed: it threw an object "
            "that is not a std::exception\nhttp: handler of GET /forget failed: it neither ended the response nor kept "
            "a copy\n"
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

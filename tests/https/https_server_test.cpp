// http::server with TLS: what is the same as without, and what only TLS has.
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <memory>
#include <string>

#include "https/tls_peer.hpp"
#include "support/temporary_folder.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}
std::string last_request(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
}
std::string closing(std::string_view answer) {
  std::string text(answer);
  return text.insert(text.find("\r\n\r\n"), "\r\nConnection: close");
}
/// Bytes no two records of which are the same.
std::string pattern(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

class https_server : public testing::TestWithParam<int> {
 protected:
  peer_context context{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(versions, https_server, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& one) { return one.param == TLS1_3_VERSION ? "tls13" : "tls12"; });

TEST_P(https_server, serves_one_request_after_the_other) {
  served_securely server{echoes};
  tls_peer client{context, server.where()};
  ASSERT_TRUE(client.connected());
  client.send(get("/1"));
  EXPECT_EQ(client.until("/1 "), ok("/1 "));
  client.send(post("/2", "body"));
  EXPECT_EQ(client.until("body"), ok("/2 body"));
  client.send(get("/3") + get("/4"));
  EXPECT_EQ(client.until("/4 "), ok("/3 ") + ok("/4 "));
  client.send(last_request("/5"));
  EXPECT_EQ(client.rest(), closing(ok("/5 ")));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server->statistics().tls_errors, 0U);
  EXPECT_EQ(server->statistics().requests, 5U);
}

TEST_P(https_server, serves_at_a_path_too) {
  const temporary_folder folder;
  const auto path = folder / "https.sock";
  served_securely server{echoes};
  server->on_loop([&] {
    server->server().listen(path);
    return 0;
  });
  tls_peer client{context, asio::local::stream_protocol::endpoint(path)};
  ASSERT_TRUE(client.connected());
  client.send(get("/1"));
  EXPECT_EQ(client.until("/1 "), ok("/1 "));
  client.send(last_request("/2"));
  EXPECT_EQ(client.rest(), closing(ok("/2 ")));
  EXPECT_EQ(server->statistics().tls_errors, 0U);
}

TEST_P(https_server, takes_and_sends_what_is_longer_than_any_buffer) {
  http::server_options options;
  options.max_body_size = 8 * 1024 * 1024;
  served_securely server{echoes, options};
  const auto body = pattern(8 * 1024 * 1024);
  tls_peer client{context, server.where()};
  client.send(post("/", body));
  client.send(last_request("/end"));
  EXPECT_TRUE(client.rest() == ok("/ " + body) + closing(ok("/end ")));
}

TEST_P(https_server, sends_files) {
  served_securely server{echoes};
  const auto text = pattern(3'000'000);
  const auto path = server.issuer().folder() / "file";
  std::ofstream(path) << text;
  const http::static_files files{path.parent_path()};
  served_securely other{[&](const auto& request, auto& response) { files(request, response); }};
  tls_peer client{context, other.where()};
  client.send(get("/file"));
  const auto head = client.until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 3000000\r\n"), head.npos);
  client.send("GET /file HTTP/1.1\r\nHost: h\r\nRange: bytes=2999990-\r\nConnection: close\r\n\r\n");
  const auto rest = client.rest();
  EXPECT_TRUE(rest.starts_with(text));
  EXPECT_TRUE(rest.ends_with("\r\n\r\n" + text.substr(2'999'990)));
}

TEST_P(https_server, resumes_sessions) {
  served_securely server{echoes};
  const auto ask = [&](bool resume) {
    tls_peer client{context, server.where(), {.resume = resume}};
    client.send(last_request("/"));
    EXPECT_EQ(client.rest(), closing(ok("/ ")));
    return client.resumed();
  };
  EXPECT_FALSE(ask(false));
  EXPECT_TRUE(ask(true));
  EXPECT_TRUE(ask(true));
  server->on_loop([&] { return server.tls().reload(), 0; });
  EXPECT_TRUE(ask(true));
  // Another server has other keys.
  served_securely other{echoes};
  tls_peer client{context, other.where(), {.resume = true}};
  client.send(last_request("/"));
  EXPECT_EQ(client.rest(), closing(ok("/ ")));
  EXPECT_FALSE(client.resumed());
}

TEST_P(https_server, reads_bodies_as_streams) {
  served_securely server{[](const auto&, http::request_body& body, auto& response) -> asio::awaitable<void> {
    std::string all;
    for (;;) {
      const std::string_view piece = co_await body.async_read(asio::use_awaitable);
      if (piece.empty()) break;
      all += piece;
    }
    response.end(all);
  }};
  const auto body = pattern(900'000);
  tls_peer client{context, server.where()};
  client.send(post("/", body) + last_request("/"));
  EXPECT_TRUE(client.rest() == ok(body) + closing(ok("")));
}

TEST_P(https_server, an_answer_that_is_broken_off_does_not_end_in_good_order) {
  served_securely server{[](const auto&, auto& response) {
    response.write("half");
    throw std::runtime_error("no more");
  }};
  tls_peer client{context, server.where()};
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\n\r\nhalf!");
}

TEST_P(https_server, a_peer_that_sends_no_more_gets_its_answer) {
  served_securely server{echoes};
  tls_peer client{context, server.where()};
  client.send(get("/"));
  client.notify();
  EXPECT_EQ(client.rest(), ok("/ "));
  EXPECT_EQ(server->statistics().tls_errors, 0U);
}

using https_server_once = testing::Test;

TEST(https_server_once, limits_hold) {
  http::server_options options;
  options.max_header_size = 300;
  served_securely server{echoes, options};
  peer_context context;
  tls_peer client{context, server.where()};
  client.send("GET / HTTP/1.1\r\nX: " + std::string(300, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.rest(), last("431 Request Header Fields Too Large"));
}

TEST(https_server_once, time_outs_hold) {
  http::server_options options;
  options.headers_timeout = 50ms;
  options.keep_alive_timeout = 50ms;
  served_securely server{echoes, options};
  peer_context context;
  tls_peer slow{context, server.where()};
  slow.send("GET /");
  EXPECT_EQ(slow.rest(), last("408 Request Timeout"));
  tls_peer idle{context, server.where()};
  idle.send(get("/"));
  EXPECT_EQ(idle.rest(), ok("/ "));  // and the end told in good order
}

/// What a client says first, as bytes.
std::string client_hello() {
  const context_ptr context{SSL_CTX_new(TLS_client_method())};
  const ssl_ptr ssl{SSL_new(context.get())};
  SSL_set_connect_state(ssl.get());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_do_handshake(ssl.get());
  std::string bytes(4096, '\0');
  bytes.resize(static_cast<std::size_t>(BIO_read(SSL_get_wbio(ssl.get()), bytes.data(), 4096)));
  return bytes;
}

TEST(https_server_once, a_handshake_has_a_time_of_its_own) {
  http::server_options options;
  options.headers_timeout = 0ms;
  options.request_timeout = 0ms;
  options.handshake_timeout = 50ms;
  served_securely server{echoes, options};
  const auto hello = client_hello();
  peer silent{server.where()};
  EXPECT_EQ(silent.rest(), "");
  peer slow{server.where()};
  slow.send(hello.substr(0, hello.size() / 2));
  EXPECT_EQ(slow.rest(), "");
  // Here the server waits for what the client answers to its certificate.
  peer silent_later{server.where()};
  silent_later.send(hello);
  EXPECT_NE(silent_later.rest(), "");
  EXPECT_EQ(server->statistics().timed_out, 3U);
  EXPECT_EQ(server->statistics().requests, 0U);
}

TEST(https_server_once, the_first_head_has_its_own_time_after_the_handshake) {
  http::server_options options;
  options.headers_timeout = 50ms;
  served_securely server{echoes, options};  // the handshake may take two minutes
  const auto hello = client_hello();
  peer slow{server.where()};
  slow.send(hello.substr(0, hello.size() / 2));
  // Two that are closed one after the other, since they keep silent after their handshake, tell that time has passed.
  peer_context context;
  EXPECT_EQ((tls_peer{context, server.where()}.rest()), "");
  EXPECT_EQ((tls_peer{context, server.where()}.rest()), "");
  EXPECT_EQ(server->statistics().timed_out, 2U);
  EXPECT_EQ(server->statistics().connections, 1U);
  slow.send(hello.substr(hello.size() / 2));
  EXPECT_EQ(slow.bytes(1), "\x16");  // the server's part of the handshake
}

TEST(https_server_once, a_drain_lets_go_of_those_without_a_handshake) {
  http::server_options options;
  options.keep_alive_timeout = 50ms;
  served_securely server{echoes, options};
  peer silent{server.where()};
  peer_context context;
  tls_peer idle{context, server.where()};
  idle.send(get("/"));
  idle.until("/ ");
  auto closed = server->close();
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(silent.rest(), "");
  closed.get();
}

TEST(https_server_once, tells_a_peer_that_speaks_plain_http) {
  int handled = 0;
  served_securely server{[&](const auto&, auto& response) {
    ++handled;
    response.end();
  }};
  const std::string answer =
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 24\r\nConnection: close\r\n\r\nThis port speaks HTTPS.\n";
  for (const auto* method : {"GET", "POST", "HEAD", "PUT"}) {
    peer client{server.where()};
    client.send(std::string(method) + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n" +
                std::string(20'000, 'x'));
    client.half_close();
    EXPECT_EQ(client.rest(), answer);
  }
  EXPECT_EQ(server->statistics().tls_errors, 4U);
  EXPECT_EQ(server->statistics().refused, 4U);
  server->drop();
  EXPECT_EQ(handled, 0);
}

TEST(https_server_once, ends_connections_that_speak_neither) {
  std::string log;
  http::server_options options;
  options.log = [&](brood::log_level level, std::string_view text) {
    EXPECT_EQ(level, brood::log_level::debug);
    log += std::string(text) + '\n';
  };
  served_securely server{echoes, options};
  EXPECT_NE(peer{server.where()}.talk("SSH-2.0-OpenSSH_9.2\r\n").substr(0, 8), "HTTP/1.1");
  EXPECT_NE(peer{server.where()}.talk("").substr(0, 8), "HTTP/1.1");
  server->drop();
  EXPECT_EQ(log, "http: TLS: wrong version number (SSL routines)\nhttp: TLS: stream truncated\n");
}

TEST(https_server_once, old_protocols_are_refused) {
  served_securely server{echoes};
  peer_context context{TLS1_1_VERSION};
  SSL_CTX_set_security_level(context.native(), 0);
  EXPECT_FALSE((tls_peer{context, server.where()}.connected()));
  EXPECT_EQ(server->statistics().tls_errors, 1U);
}

TEST(https_server_once, survives_peers_that_vanish) {
  const auto body = pattern(6'000'000);
  served_securely server{[&](const auto&, auto& response) { response.end(body); }};
  peer_context context;
  for (int i = 0; i < 4; ++i) {
    tls_peer client{context, server.where()};
    client.send(get("/"));
    client.until("10 11 12");
    client.socket().set_option(asio::socket_base::linger(true, 0));  // ends with a reset
  }
  tls_peer client{context, server.where()};
  client.send(last_request("/"));
  EXPECT_TRUE(client.rest() == closing(ok(body)));
}

TEST(https_server_once, one_connection_too_many_is_closed) {
  http::server_options options;
  options.max_connections = 1;
  served_securely server{echoes, options};
  peer_context context;
  tls_peer first{context, server.where()};
  EXPECT_TRUE(first.connected());
  EXPECT_FALSE((tls_peer{context, server.where()}.connected()));
  first.send(last_request("/"));
  EXPECT_EQ(first.rest(), closing(ok("/ ")));
}

TEST(https_server_once, a_body_cut_off_never_reaches_its_handler) {
  std::promise<boost::system::error_code> why;
  served_securely server{[&](const auto&, http::request_body& body, auto& response) -> asio::awaitable<void> {
    boost::system::error_code ec;
    for (;;) {
      const std::string_view piece = co_await body.async_read(asio::redirect_error(asio::use_awaitable, ec));
      if (ec || piece.empty()) break;
    }
    why.set_value(ec);
    response.end();
  }};
  peer_context context;
  tls_peer client{context, server.where()};
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
  client.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
  EXPECT_EQ(why.get_future().get(), asio::error::eof);
}

}  // namespace
}  // namespace brood_test

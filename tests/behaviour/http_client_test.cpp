// The client, against the server of this library and against peers that do what they should not.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>

#include "http_peer.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;
using boost::beast::http::error;
using boost::system::error_code;

std::string url(const asio::ip::tcp::endpoint& where, const std::string& target) {
  return "http://127.0.0.1:" + std::to_string(where.port()) + target;
}
std::string url(const served& server, const std::string& target) { return url(server.where(), target); }

/// A peer that reads one request, sends what it was told and ends.
class scripted {
 public:
  explicit scripted(std::string answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] {
      auto socket = acceptor_.accept();
      asio::read_until(socket, asio::dynamic_buffer(request_), "\r\n\r\n");
      error_code closed_meanwhile;
      asio::write(socket, asio::buffer(answer_), closed_meanwhile);
      socket.shutdown(asio::ip::tcp::socket::shutdown_send, closed_meanwhile);
      asio::read(socket, asio::dynamic_buffer(request_), closed_meanwhile);
    });
  }
  ~scripted() {
    if (thread_.joinable()) thread_.join();
  }
  asio::ip::tcp::endpoint where() const { return acceptor_.local_endpoint(); }
  /// All that was sent to it.
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  brood_test::loop loop_;
  asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
  std::string answer_;
  std::string request_;
  std::thread thread_;
};

struct outcome {
  error_code ec;
  http::client_response response;
};

/// Runs one request to its end.
outcome ask(http::client_request request, const http::client_options& options = {}) {
  brood_test::loop loop;
  const http::client client{loop, options};
  outcome result;
  client.send(std::move(request), [&](error_code ec, http::client_response response) {
    result = {ec, std::move(response)};
  });
  loop.run();
  return result;
}
outcome ask_scripted(const std::string& answer, const http::client_options& options = {}) {
  const scripted peer{answer};
  return ask({.url = url(peer.where(), "/")}, options);
}

TEST(http_client, gets_and_posts) {
  served server{[](const auto& request, auto& response) {
    response.status(request.method() == http::verb::post ? 201 : 200).header("X-Type", request.header("content-type"));
    echo(request, response);
  }};
  brood_test::loop loop;
  http::client client{loop};
  auto got = client.get(url(server, "/a?b"));
  auto posted = client.post(url(server, "/p"), "body", "text/plain");
  auto first = got.async_result(asio::use_future);
  auto second = posted.async_result(asio::use_future);
  loop.run();
  EXPECT_EQ(first.get().body, "/a?b ");
  const auto answer = second.get();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.header("x-type"), "text/plain");
  EXPECT_EQ(answer.header("none"), "");
  EXPECT_EQ(answer.body, "/p body");
}

TEST(http_client, a_result_may_be_asked_for_late_and_twice) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  brood_test::loop loop;
  http::client client{loop};
  auto call = client.get(url(server, "/"));
  auto early = call.async_result(asio::use_future);
  loop.run();
  loop.restart();
  auto late = call.async_result(asio::use_future);
  loop.run();
  EXPECT_EQ(early.get().body, "/ ");
  EXPECT_EQ(late.get().body, "/ ");
}

TEST(http_client, a_name_is_resolved_and_each_address_tried) {
  brood_test::loop io;
  boost::system::error_code unknown;
  boost::asio::ip::tcp::resolver(io).resolve("localhost", "", unknown);
  if (unknown) GTEST_SKIP() << "this machine does not know localhost: " << unknown.message();
  // The server listens on IPv4 only; where localhost is ::1 as well, that is refused first.
  served server{[](const auto& request, auto& response) { response.end(request.header("Host")); }};
  const auto host = "localhost:" + std::to_string(server.where().port());
  EXPECT_EQ(ask({.url = "http://" + host + "/"}).response.body, host);
}

TEST(http_client, sends_what_the_protocol_asks_for) {
  const auto sent = [](http::client_request request) {
    scripted peer{"HTTP/1.1 204 No Content\r\n\r\n"};
    request.url = url(peer.where(), "/t");
    EXPECT_EQ(ask(std::move(request)).response.status, 204);
    return peer.request();
  };
  EXPECT_EQ(sent({.headers = {{"Host", "h"}}}), "GET /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(sent({.method = "PUT", .headers = {{"host", "h"}, {"X", "y"}}}),
            "PUT /t HTTP/1.1\r\nhost: h\r\nX: y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(http_client, what_can_not_be_sent_is_thrown) {
  brood_test::loop loop;
  const http::client client{loop};
  const auto refused = [&](http::client_request request) {
    EXPECT_THROW(static_cast<void>(client.send(std::move(request))), std::invalid_argument);
  };
  refused({.url = "ftp://h/"});
  refused({.method = "GE T", .url = "http://h/"});
  refused({.url = "http://h/", .headers = {{"X:", "y"}}});
  refused({.url = "http://h/", .headers = {{"X", "y\r\nZ: z"}}});
  refused({.url = "http://h/", .headers = {{"content-length", "3"}}});
}

TEST(http_client, a_head_has_no_body) {
  served server{[](const auto&, auto& response) { response.end("four"); }};
  const auto answer = ask({.method = "HEAD", .url = url(server, "/")}).response;
  EXPECT_EQ(answer.header("content-length"), "4");
  EXPECT_EQ(answer.body, "");
}

TEST(http_client, understands_every_form_of_body) {
  EXPECT_EQ(
      ask_scripted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").response.body,
      "abc");
  EXPECT_EQ(ask_scripted("HTTP/1.0 200 OK\r\n\r\nto the end").response.body, "to the end");
  const auto after_interim = ask_scripted(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(after_interim.response.status, 404);
  EXPECT_EQ(after_interim.response.header("Link"), "");
  EXPECT_EQ(after_interim.response.body, "no");
}

// RFC 9112, 4 wants the space. llhttp and curl do without.
TEST(http_client, understands_a_status_line_without_a_reason) {
  for (const char* line :
       {"HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n", "HTTP/1.0 200\r\n", "HTTP/1.1 100\r\n\r\nHTTP/1.1 200\r\n",
        "HTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"}) {
    const auto [ec, response] = ask_scripted(std::string(line) + "X: y\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_FALSE(ec) << line << ec.message();
    EXPECT_EQ(response.status, 200) << line;
    EXPECT_EQ(response.header("x"), "y") << line;
    EXPECT_EQ(response.body, "body") << line;
  }
  EXPECT_EQ(ask_scripted("HTTP/1.1 204\r\n\r\n").response.status, 204);
}

TEST(http_client, understands_every_way_of_cutting_a_status_line) {
  const std::string answer = "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t size = 1; size < 20; ++size) {
    asio::io_context loop;
    asio::ip::tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
    asio::ip::tcp::socket socket{loop};
    int status = 0;
    http::client{loop}.get(url(acceptor.local_endpoint(), "/"),
                           [&](error_code, http::client_response response) { status = response.status; });
    // The rest is sent when the client has read the first part and waits.
    acceptor.async_accept(socket, [&](error_code) {
      asio::write(socket, asio::buffer(answer.data(), size));
      asio::post(loop, [&] {
        asio::post(loop, [&] { asio::write(socket, asio::buffer(answer.data() + size, answer.size() - size)); });
      });
    });
    loop.run();
    EXPECT_EQ(status, 404) << size;
  }
}

TEST(http_client, tells_what_is_wrong_with_an_answer) {
  const http::client_options small{.max_header_size = 100, .max_body_size = 3};
  EXPECT_EQ(ask_scripted("").ec, error::end_of_stream);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 O").ec, error::partial_message);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").ec, error::partial_message);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc").ec, error::partial_message);
  EXPECT_EQ(ask_scripted("220 mail.example ESMTP\r\n").ec, error::bad_version);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x') + "\r\n\r\n", small).ec, error::header_limit);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", small).ec, error::body_limit);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\n\r\nabcd", small).ec, error::body_limit);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", small).ec,
            error::body_limit);
  EXPECT_EQ(ask_scripted("HTTP/1.1 200 OK\r\n\r\nabc", small).response.body, "abc");
}

TEST(http_client, a_refused_connection_is_an_error) {
  brood_test::loop loop;
  asio::ip::tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  const auto where = acceptor.local_endpoint();
  acceptor.close();
  EXPECT_EQ(ask({.url = url(where, "/")}).ec, asio::error::connection_refused);
}

TEST(http_client, an_answer_that_does_not_come_is_timed_out) {
  brood_test::loop loop;
  const asio::ip::tcp::acceptor silent{loop, {asio::ip::address_v4::loopback(), 0}};
  EXPECT_EQ(ask({.url = url(silent.local_endpoint(), "/")}, {.timeout = 20ms}).ec, asio::error::timed_out);
  // The connection stands, so its own limit is over.
  EXPECT_EQ(ask({.url = url(silent.local_endpoint(), "/")}, {.connect_timeout = 1s, .timeout = 20ms}).ec,
            asio::error::timed_out);
}

TEST(http_client, a_connection_that_does_not_stand_is_timed_out) {
  brood_test::loop loop;
  asio::ip::tcp::acceptor full{loop};
  full.open(asio::ip::tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(1);
  // The kernel drops the handshakes of those beyond a full queue.
  std::list<asio::ip::tcp::socket> queue;
  for (int i = 0; i < 4; ++i) {
    queue.emplace_back(loop).async_connect(full.local_endpoint(), [](error_code) {});
  }
  EXPECT_EQ(ask({.url = url(full.local_endpoint(), "/")}, {.connect_timeout = 20ms, .timeout = 0ms}).ec,
            asio::error::timed_out);
}

TEST(http_client, a_refused_upload_is_answered) {
  served server{[](const auto& request, auto& response) { echo(request, response); }, {.max_body_size = 10}};
  const auto result = ask({.method = "POST", .url = url(server, "/"), .body = std::string(8 << 20, 'x')});
  EXPECT_EQ(result.ec, error_code{});
  EXPECT_EQ(result.response.status, 413);
}

TEST(http_client, a_request_that_nobody_waits_for_any_more_is_given_up) {
  brood_test::loop loop;
  asio::ip::tcp::acceptor silent{loop, {asio::ip::address_v4::loopback(), 0}};
  asio::cancellation_signal signal;
  http::client client{loop};
  auto call = client.get(url(silent.local_endpoint(), "/"));
  error_code cancelled;
  call.async_result(asio::bind_cancellation_slot(signal.slot(),
                                                 [&](error_code ec, const http::client_response&) { cancelled = ec; }));
  error_code ended;
  std::string request;
  silent.async_accept([&](error_code, asio::ip::tcp::socket accepted) {
    auto socket = std::make_shared<asio::ip::tcp::socket>(std::move(accepted));
    asio::async_read_until(*socket, asio::dynamic_buffer(request), "\r\n\r\n", [&, socket](error_code, std::size_t) {
      signal.emit(asio::cancellation_type::terminal);
      asio::async_read(*socket, asio::dynamic_buffer(request), [&, socket](error_code ec, std::size_t) { ended = ec; });
    });
  });
  loop.run();
  EXPECT_EQ(cancelled, asio::error::operation_aborted);
  EXPECT_EQ(ended, asio::error::eof);
}

TEST(http_client, goes_with_its_loop) {
  brood_test::loop silent_loop;
  const asio::ip::tcp::acceptor silent{silent_loop, {asio::ip::address_v4::loopback(), 0}};
  auto kept = std::make_shared<int>(0);
  {
    brood_test::loop loop;
    const http::client client{loop};
    client.get(url(silent.local_endpoint(), "/"), [kept](error_code, const http::client_response&) {});
    loop.poll();
  }
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace brood_test

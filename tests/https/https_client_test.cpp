// http::client with https URLs: against our server, and against peers that are not what they should be.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ssl/error.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "https/tls_peer.hpp"

namespace brood_test {
namespace {

namespace https = brood::https;
using namespace std::chrono_literals;
using boost::system::error_code;

struct outcome {
  error_code ec;
  http::client_response response;
};

/// Runs one request to its end.
outcome ask(http::client_request request, const http::client_options& options) {
  asio::io_context loop;
  const http::client client{loop, options};
  outcome result;
  client.send(std::move(request), [&](error_code ec, http::client_response response) {
    result = {ec, std::move(response)};
  });
  loop.run();
  return result;
}
outcome get_from(const std::string& url, const https::client_tls_options& tls) {
  return ask({.url = url}, {.tls = https::client_tls{tls}});
}

/// A TLS server without HTTP: reads one request, sends what it was told, and ends as it was told.
class scripted_tls {
 public:
  scripted_tls(const https::certificate_files& files, std::string answer, bool notify)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
    thread_ = std::thread([this, answer = std::move(answer), notify] {
      auto socket = acceptor_.accept();
      const ssl_ptr ssl{SSL_new(context_.get())};
      SSL_set_fd(ssl.get(), socket.native_handle());
      if (SSL_accept(ssl.get()) != 1) return;
      std::array<char, 4096> piece;
      while (request_.find("\r\n\r\n") == request_.npos) {
        const int got = SSL_read(ssl.get(), piece.data(), piece.size());
        if (got <= 0) return;
        request_.append(piece.data(), static_cast<std::size_t>(got));
      }
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
      if (notify) SSL_shutdown(ssl.get());
      socket.shutdown(asio::ip::tcp::socket::shutdown_send);
      const int got = SSL_read(ssl.get(), piece.data(), piece.size());
      notified_ = SSL_get_error(ssl.get(), got) == SSL_ERROR_ZERO_RETURN;
    });
  }
  ~scripted_tls() {
    if (thread_.joinable()) thread_.join();
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/"; }
  /// At the end: the client has said that it ends.
  bool notified() {
    thread_.join();
    return notified_;
  }

 private:
  context_ptr context_;
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
  std::string request_;
  bool notified_ = false;
  std::thread thread_;
};

TEST(https_client, gets_and_posts) {
  http::server_options options;
  options.max_body_size = 4 * 1024 * 1024;
  served_securely server{echoes, options};
  EXPECT_EQ(get_from(server.url("/a?b"), server.issuer().client()).response.body, "/a?b ");
  const std::string body(4 * 1024 * 1024, 'x');
  const auto posted = ask({.method = "POST", .url = server.url("/p"), .body = body},
                          {.tls = https::client_tls{server.issuer().client()}});
  EXPECT_FALSE(posted.ec) << posted.ec.message();
  EXPECT_TRUE(posted.response.body == "/p " + body);
  EXPECT_EQ(server->statistics().tls_errors, 0U);
}

TEST(https_client, needs_to_be_told_whom_to_trust) {
  asio::io_context loop;
  http::client client{loop};
  EXPECT_THROW(static_cast<void>(client.get("https://127.0.0.1/")), std::invalid_argument);
}

TEST(https_client, checks_who_the_server_is) {
  authority issuer;
  const auto message = [&](const authority::wish& w, const https::client_tls_options& tls) {
    const auto files = issuer.issue(w);
    served server{echoes, {.tls = https::server_tls{{files.certificate, files.key}}}};
    const auto result = get_from("https://127.0.0.1:" + std::to_string(server.where().port()) + "/", tls);
    if (!result.ec) return result.response.body;
    EXPECT_EQ(result.ec.category(), https::certificate_category()) << result.ec.message();
    return result.ec.message();
  };
  const auto trust = issuer.client();
  EXPECT_EQ(message({.file = "good"}, trust), "/ ");
  EXPECT_EQ(message({.file = "elsewhere", .names = "DNS:localhost,IP:127.0.0.2"}, trust),
            "certificate of the peer: IP address mismatch");
  EXPECT_EQ(message({.file = "past", .ends = -1}, trust), "certificate of the peer: certificate has expired");
  EXPECT_EQ(message({.file = "future", .begins = 1000}, trust),
            "certificate of the peer: certificate is not yet valid");
  const authority other{"somebody else"};
  EXPECT_EQ(message({.file = "strange"}, other.client()),
            "certificate of the peer: unable to get local issuer certificate");
  const authority pretender;  // by the same name
  EXPECT_EQ(message({.file = "forged"}, pretender.client()), "certificate of the peer: certificate signature failure");
  EXPECT_EQ(message({.file = "any", .ends = -1}, {.verify = false}), "/ ");
  EXPECT_EQ(
      message({.file = "named", .names = "DNS:inner.example"}, {.ca = issuer.ca(), .server_name = "inner.example"}),
      "/ ");
  EXPECT_EQ(
      message({.file = "misnamed", .names = "DNS:inner.example"}, {.ca = issuer.ca(), .server_name = "x.example"}),
      "certificate of the peer: hostname mismatch");
}

TEST(https_client, the_server_hears_why_it_was_refused) {
  std::promise<std::string> log;
  http::server_options options;
  options.log = [&](brood::log_level, std::string_view text) { log.set_value(std::string(text)); };
  served_securely server{echoes, options};
  const authority other{"somebody else"};
  EXPECT_TRUE(get_from(server.url("/"), other.client()).ec);
  EXPECT_EQ(log.get_future().get(), "http: TLS: tlsv1 alert unknown ca (SSL routines)");
}

TEST(https_client, proves_who_it_is) {
  authority issuer;
  auto options = issuer.server();
  options.configure = [&](SSL_CTX* context) {
    SSL_CTX_load_verify_file(context, issuer.ca().c_str());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  };
  served server{echoes, {.tls = https::server_tls{options}}};
  const auto url = "https://127.0.0.1:" + std::to_string(server.where().port()) + "/";
  const auto files = issuer.issue({.file = "client"});
  auto tls = issuer.client();
  EXPECT_TRUE(get_from(url, tls).ec);
  tls.certificate = files.certificate;
  tls.key = files.key;
  EXPECT_EQ(get_from(url, tls).response.body, "/ ");
}

TEST(https_client, an_end_that_nobody_told_is_none) {
  authority issuer;
  const auto files = issuer.issue({.file = "server"});
  const std::string open_end = "HTTP/1.1 200 OK\r\n\r\nhalf of it?";
  const std::string told = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nall";
  const auto answered = [&](const std::string& answer, bool notify) {
    scripted_tls server{files, answer, notify};
    const auto result = get_from(server.url(), issuer.client());
    return result.ec ? result.ec.message() : result.response.body;
  };
  EXPECT_EQ(answered(open_end, true), "half of it?");
  EXPECT_EQ(answered(open_end, false), "stream truncated");
  EXPECT_EQ(answered(told, true), "all");
  EXPECT_EQ(answered(told, false), "all");
  EXPECT_EQ(answered(told.substr(0, told.size() - 1), false), "stream truncated");
}

TEST(https_client, tells_that_it_ends) {
  authority issuer;
  scripted_tls server{issuer.issue({.file = "server"}), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nall", false};
  EXPECT_EQ(get_from(server.url(), issuer.client()).response.body, "all");
  EXPECT_TRUE(server.notified());
}

TEST(https_client, a_server_without_tls_is_told_as_such) {
  const authority issuer;
  served server{echoes};
  const auto result = get_from("https://127.0.0.1:" + std::to_string(server.where().port()) + "/", issuer.client());
  EXPECT_EQ(result.ec.message(), "wrong version number (SSL routines)");
}

TEST(https_client, waits_no_longer_for_a_handshake_than_for_a_connection) {
  const authority issuer;
  asio::io_context loop;
  asio::ip::tcp::acceptor silent{loop, {asio::ip::address_v4::loopback(), 0}};
  const auto url = "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
  const http::client_options options{
      .connect_timeout = 50ms, .timeout = 0ms, .tls = https::client_tls{issuer.client()}};
  EXPECT_EQ(ask({.url = url}, options).ec, asio::error::timed_out);
}

TEST(https_client, gives_up_in_a_handshake_when_it_is_cancelled) {
  const authority issuer;
  asio::io_context loop;
  asio::ip::tcp::acceptor silent{loop, {asio::ip::address_v4::loopback(), 0}};
  const http::client client{loop, {.tls = https::client_tls{issuer.client()}}};
  auto call = client.get("https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/");
  asio::cancellation_signal cancel;
  error_code ec;
  call.async_result(asio::bind_cancellation_slot(cancel.slot(), [&](error_code why, const auto&) { ec = why; }));
  // Its hello has come: it is waiting for the server's.
  asio::ip::tcp::socket peer{loop};
  std::array<char, 1> byte;
  silent.async_accept(peer, [&](error_code) {
    asio::async_read(peer, asio::buffer(byte),
                     [&](error_code, std::size_t) { cancel.emit(asio::cancellation_type::all); });
  });
  loop.run();
  EXPECT_EQ(ec, asio::error::operation_aborted);
}

}  // namespace
}  // namespace brood_test

#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "brood/http.hpp"
#include "support.hpp"
#include "support/http_cases.hpp"

namespace brood_test {

namespace asio = boost::asio;
namespace http = brood::http;

/// A server on a loop and a thread of its own, so that a test can talk to it with plain blocking calls.
class served {
 public:
  explicit served(http::handler handler, http::server_options options = {})
      : server_(std::in_place, loop_, std::move(handler), std::move(options)) {
    server_->listen(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    endpoint_ = server_->local_endpoint();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~served() {
    asio::post(loop_, [this] {
      server_.reset();
      work_.reset();
    });
    thread_.join();
  }

  const asio::ip::tcp::endpoint& where() const { return endpoint_; }
  brood_test::loop& loop() { return loop_; }
  http::server& server() { return *server_; }

  /// Calls `f` on the loop and waits for what it returns.
  template <class Function>
  auto on_loop(Function f) {
    return asio::post(loop_, std::packaged_task<decltype(f())()>(std::move(f))).get();
  }
  http::server_statistics statistics() {
    return on_loop([this] { return server_->statistics(); });
  }
  /// Begins to close; the future is ready when the last connection has gone.
  std::future<void> close() {
    return on_loop([this] { return server_->async_close(asio::use_future); });
  }
  void drop() {
    on_loop([this] {
      drop_here();
      return 0;
    });
  }
  void drop_here() { server_.reset(); }

 private:
  brood_test::loop loop_;
  asio::executor_work_guard<brood_test::loop::executor_type> work_{loop_.get_executor()};
  std::optional<http::server> server_;
  asio::ip::tcp::endpoint endpoint_;
  std::thread thread_;
};

/// A client that speaks in bytes.
template <class Protocol>
class basic_peer {
 public:
  explicit basic_peer(const served& server) : basic_peer(server.where()) {}
  explicit basic_peer(const typename Protocol::endpoint& where) { socket_.connect(where); }

  typename Protocol::socket& socket() { return socket_; }
  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void half_close() { socket_.shutdown(asio::socket_base::shutdown_send); }

  /// Everything up to the end of the connection, the Date fields taken out. "!" at the end for a reset.
  std::string rest() {
    boost::system::error_code ec;
    asio::read(socket_, asio::dynamic_buffer(unread_), ec);
    return without_date(std::exchange(unread_, {})) + (ec == asio::error::eof ? "" : "!");
  }
  /// Everything up to and including `text`.
  std::string until(std::string_view text) {
    const auto size = asio::read_until(socket_, asio::dynamic_buffer(unread_), text);
    auto result = unread_.substr(0, size);
    unread_.erase(0, size);
    return without_date(result);
  }
  std::string bytes(std::size_t count) {
    if (unread_.size() < count)
      asio::read(socket_, asio::dynamic_buffer(unread_), asio::transfer_exactly(count - unread_.size()));
    auto result = unread_.substr(0, count);
    unread_.erase(0, count);
    return result;
  }
  /// Sends, ends, and reads the rest.
  std::string talk(std::string_view bytes) {
    send(bytes);
    half_close();
    return rest();
  }

 private:
  asio::io_context loop_;
  typename Protocol::socket socket_{loop_};
  std::string unread_;
};

using peer = basic_peer<asio::ip::tcp>;
using unix_peer = basic_peer<asio::local::stream_protocol>;

/// The answer to a request whose handler failed.
inline const std::string internal_error = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
inline std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string last(std::string_view status) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}
inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

/// Answers with the target and the body of the request.
inline void echo(const http::request& request, http::response& response) {
  response.end(std::string(request.target()) + ' ' + std::string(request.body()));
}
inline const auto echoes = [](const auto& request, auto& response) { echo(request, response); };

}  // namespace brood_test

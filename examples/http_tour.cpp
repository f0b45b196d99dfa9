// The snippets of docs/http.md: a server with all of them, and a client that sends a request to each.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <brood/http.hpp>
#include <chrono>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = brood::http;

using namespace std::chrono_literals;
using boost::system::error_code;

void by_path(const http::request& request, http::response& response) {
  if (request.path() == "/hello") {
    response.header("Content-Type", "text/plain").end("hello\n");
  } else {
    response.status(404).end("there is no " + std::string(request.path()) + '\n');
  }
}

http::handler later(asio::io_context& loop) {
  return [&](const http::request& request, http::response& response) {
    auto timer = std::make_shared<asio::steady_timer>(loop, 10ms);
    timer->async_wait([timer, &request, later = response.defer()](error_code) mutable {
      later.end("you asked for " + std::string(request.target()) + '\n');
    });
  };
}

http::handler coroutine() {
  return [](const http::request& request, http::response& response) -> asio::awaitable<void> {
    asio::steady_timer timer{co_await asio::this_coro::executor, 10ms};
    co_await timer.async_wait(asio::use_awaitable);
    response.end("you asked for " + std::string(request.target()) + '\n');
  };
}

http::handler count_down() {
  return [](const http::request&, http::response& response) -> asio::awaitable<void> {
    for (int i = 100'000; i > 0; --i) {
      if (!response.write(std::to_string(i) + '\n')) co_await response.async_drained(asio::use_awaitable);
    }
    response.end("lift off\n");
  };
}

http::handler upload() {
  return [](const http::request&, http::request_body& body, http::response& response) -> asio::awaitable<void> {
    std::size_t size = 0;
    for (;;) {
      const std::string_view piece = co_await body.async_read(asio::use_awaitable);
      if (piece.empty()) break;
      size += piece.size();
    }
    response.end(std::to_string(size) + " bytes\n");
  };
}

http::handler search() {
  return [](const http::request& request, http::response& response) {
    boost::json::array words;
    for (const auto& [name, value] : request.parameters()) {
      if (name == "word") words.emplace_back(value);
    }
    const std::string limit = request.parameter("limit").value_or("10");
    response.json({{"path", request.decoded_path()}, {"words", words}, {"limit", limit}});
  };
}

/// A server on a free port, for the time of one request.
class once {
 public:
  once(asio::io_context& loop, http::handler handler, http::server_options options = {})
      : server_(loop, std::move(handler), std::move(options)) {
    server_.listen({asio::ip::address_v4::loopback(), 0});
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_.local_endpoint().port()) + path;
  }

 private:
  http::server server_;
};

void say(std::string_view what, const http::client_response& answer) {
  const std::string_view text = answer.body;
  const auto last_line = text.substr(text.rfind('\n', text.size() - 2) + 1);
  std::cout << what << ": " << answer.status << ' ' << last_line;
}

asio::awaitable<void> tour(asio::io_context& loop) {
  const http::client client{loop};
  {
    once server{loop, by_path};
    auto call = client.get(server.url("/hello"));
    auto answer = co_await call.async_result(asio::use_awaitable);
    std::cout << answer.status << ' ' << answer.header("Content-Type") << ' ' << answer.body;
    auto nothing = client.get(server.url("/nothing"));
    say("by path", co_await nothing.async_result(asio::use_awaitable));
  }
  {
    once server{loop, search()};
    auto call = client.get(server.url("/two%20words?word=caf%C3%A9&word=1+%2B+1"));
    auto answer = co_await call.async_result(asio::use_awaitable);
    std::cout << answer.header("Content-Type") << ' ' << answer.body << '\n';
  }
  {
    once server{loop, later(loop)};
    auto call = client.get(server.url("/1"));
    say("later", co_await call.async_result(asio::use_awaitable));
  }
  {
    once server{loop, coroutine()};
    auto call = client.get(server.url("/2"));
    say("coroutine", co_await call.async_result(asio::use_awaitable));
  }
  {
    once server{loop, count_down()};
    auto call = client.get(server.url("/"));
    say("count down", co_await call.async_result(asio::use_awaitable));
  }
  {
    http::server_options options;
    options.max_body_size = 1024 * 1024 * 1024;
    options.request_timeout = 0s;
    options.log = [](brood::log_level, std::string_view text) { std::cerr << text << '\n'; };
    once server{loop, upload(), options};
    auto call = client.post(server.url("/"), std::string(5'000'000, 'x'), "application/octet-stream");
    say("upload", co_await call.async_result(asio::use_awaitable));
  }
}

}  // namespace

int main() {
  asio::io_context loop{1};
  asio::co_spawn(loop, tour(loop), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
}

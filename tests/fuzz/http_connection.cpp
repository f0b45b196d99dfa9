// A whole connection of the server, from the bytes of a peer to the answers: wherever its input and its output are cut,
// it must answer the same, come to its end, and touch nothing that is not its own.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../unit/http/cut_channel.hpp"
#include "http/core.hpp"

namespace {

namespace asio = boost::asio;
namespace http = brood::http;
using brood_test::cut;
using brood_test::cutting;

void check(bool holds) {
  if (!holds) std::abort();
}

void echo(const http::request& request, http::response& response) {
  response.end(std::string(request.target()) + ' ' + std::string(request.body()));
}

/// The same, reading the body itself.
asio::awaitable<void> echo_stream(const http::request& request, http::request_body& body, http::response& response) {
  std::string text = std::string(request.target()) + ' ';
  for (;;) {
    boost::system::error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    const std::string_view piece = co_await body.async_read(token);
    if (ec) co_return;
    if (piece.empty()) break;
    text += piece;
  }
  response.end(text);
}

/// One server for all inputs, on a loop that is turned by hand.
class server {
 public:
  explicit server(http::handler handler) {
    http::server_options options;
    options.max_header_size = 512;
    options.max_headers_count = 16;
    options.max_body_size = 256;
    options.tls = channels_;
    core_ = std::make_shared<http::detail::core>(loop_.get_executor(), std::move(handler), std::move(options), nullptr);
  }

  /// What a peer gets that sends `bytes` and then no more.
  std::string answer(std::string_view bytes, cut where) {
    channels_->next = where;
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    check(::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::shutdown(ends[1], SHUT_WR);
    core_->take(ends[0], asio::ip::tcp::v4(), true, false);
    loop_.restart();
    while (core_->statistics().connections > 0) check(loop_.run_one() == 1);
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t size = 0; (size = ::read(ends[1], piece.data(), piece.size())) > 0;) {
      all.append(piece.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[1]);
    return without(without(std::move(all), "Date: ", "\r\n"), "HTTP/1.1 100 Continue\r\n", "\r\n");
  }

 private:
  /// Of what the time of day, or how much has come, decides on.
  static std::string without(std::string text, std::string_view begin, std::string_view end) {
    for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;) {
      text.erase(at, text.find(end, at + begin.size()) + end.size() - at);
    }
    return text;
  }

  asio::io_context loop_{1};
  std::shared_ptr<cutting> channels_ = std::make_shared<cutting>();
  std::shared_ptr<http::detail::core> core_;
};

/// Without the refusal that ends it, if one does.
std::string_view before_refusal(std::string_view answers) {
  const auto at = std::max(answers.rfind("HTTP/1.1 4") + 1, answers.rfind("HTTP/1.1 5") + 1);  // npos + 1 is 0
  if (at == 0) return answers;
  const auto last = answers.substr(at - 1);
  return last.find("\r\n\r\n") + 4 == last.size() ? answers.substr(0, at - 1) : answers;
}

/// What will never become a request may be refused before its end has come, if its bytes happen to be looked at then;
/// and of its faults the one that is met first is told.
bool same(std::string_view a, std::string_view b) { return before_refusal(a) == before_refusal(b); }

void check_same(const std::string& whole, const std::string& in_pieces) {
  if (same(whole, in_pieces)) return;
  std::cerr << "answered at once:\n" << whole << "\nin pieces:\n" << in_pieces << '\n';
  std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static server collecting{echo};
  static server streaming{echo_stream};
  constexpr std::size_t most = 16 * 1024;  // what fits into a socket
  if (size < 2 || size > most) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 2), size - 2};
  const std::size_t input = bytes.empty() ? 0 : (data[0] + 256U * data[1]) % bytes.size();
  const std::size_t output = data[1];
  const auto whole = collecting.answer(bytes, {.received = 0, .sent = most});
  check_same(whole, collecting.answer(bytes, {.received = input, .sent = most}));
  check_same(whole, collecting.answer(bytes, {.received = input, .sent = output}));
  check_same(whole, streaming.answer(bytes, {.received = input, .sent = output}));
  return 0;
}

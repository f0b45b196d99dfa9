// A crowd of HTTP clients that asks without a pause and counts what becomes of each request; tests/torture drives it.
//   torture_client PORT EACH KEEP HANG_SECONDS [once]
// EACH clients take a connection for each request, KEEP stay on theirs; with `once` each asks a single time. On stdin,
// "tell" is answered by "told ANSWERED FAILED OPEN"; at its end, or when everybody has asked once, no request begins
// any more, and when the last one has ended comes {"requests": ...}. Each request that failed is told when it does, by
// the connection's own port and, on the monotonic clock in nanoseconds, when it began and ended:
//   failed HOW PORT CONNECTED FAILED BYTES
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view close_request = "GET / HTTP/1.1\r\nHost: torture\r\nConnection: close\r\n\r\n";
constexpr std::string_view keep_request = "GET / HTTP/1.1\r\nHost: torture\r\n\r\n";

std::int64_t nanoseconds(clock_type::time_point t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

struct crowd {
  tcp::endpoint server;
  clock_type::duration limit;
  bool once = false;
  bool stopping = false;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t hung = 0;
  clock_type::duration slowest{0};

  std::uint64_t open() const { return requests - answered - failed - hung; }
  void tell_failure(std::string_view how, std::uint16_t port, clock_type::time_point connected, std::size_t bytes) {
    ++(how == "hung" ? hung : failed);
    std::cout << "failed " << how << ' ' << port << ' ' << nanoseconds(connected) << ' '
              << nanoseconds(clock_type::now()) << ' ' << bytes << '\n'
              << std::flush;
  }
};

/// What has come of one answer.
class answer {
 public:
  enum class state { partial, whole, odd };

  state add(std::string_view data) {
    text_ += data;
    if (length_ == 0) read_head();
    if (length_ != 0 && text_.size() >= length_) return ok_ ? state::whole : state::odd;
    return state::partial;
  }
  std::size_t size() const { return text_.size(); }
  bool last() const { return last_; }
  std::string_view status() const { return std::string_view(text_).substr(0, text_.find('\r')); }

 private:
  void read_head() {
    const auto end = text_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = text_.substr(0, end + 2);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    ok_ = head.starts_with("http/1.1 200 ");
    last_ = head.find("\r\nconnection: close\r\n") != std::string::npos;
    const auto field = head.find("\r\ncontent-length: ");
    const auto body = field == std::string::npos ? 0 : std::strtoul(head.c_str() + field + 18, nullptr, 10);
    ok_ = ok_ && body > 0;
    length_ = end + 4 + body;
  }

  std::string text_;
  std::size_t length_ = 0;  // of the whole, once it is known
  bool ok_ = false;
  bool last_ = false;
};

class client : public std::enable_shared_from_this<client> {
 public:
  client(asio::io_context& loop, crowd& all, bool keep) : all_(all), socket_(loop), pause_(loop), keep_(keep) {}

  void ask() {
    if (all_.stopping || (all_.once && asked_)) return;
    asked_ = true;
    ++all_.requests;
    answer_ = {};
    began_ = clock_type::now();
    socket_.is_open() ? send() : connect();
  }

  void look(clock_type::time_point now) {
    if (began_ && now - *began_ > all_.limit) fail("hung");
  }

 private:
  void connect() {
    connected_ = clock_type::now();
    ++connection_;
    port_ = 0;
    error_code ec;
    socket_.open(tcp::v4(), ec);
    if (ec) return fail("local");
    socket_.async_connect(all_.server, [self = shared_from_this(), which = connection_](error_code failed) {
      if (which != self->connection_ || !self->began_) return;
      if (failed == asio::error::connection_refused) return self->fail("refused");
      if (failed == boost::system::errc::address_not_available) return self->fail("local");
      if (failed) return self->fail("unconnected");
      error_code ignored;
      self->port_ = self->socket_.local_endpoint(ignored).port();
      self->send();
    });
  }

  void send() {
    const auto text = keep_ ? keep_request : close_request;
    // It always has room for so little; if the peer is gone, reading tells what came before.
    error_code ignored;
    asio::write(socket_, asio::buffer(text), ignored);
    receive();
  }

  void receive() {
    socket_.async_read_some(asio::buffer(space_),
                            [self = shared_from_this(), which = connection_](error_code ec, std::size_t size) {
                              if (which == self->connection_ && self->began_) self->received(ec, size);
                            });
  }

  void received(error_code ec, std::size_t size) {
    if (ec) return fail(ec == asio::error::eof ? "cut" : "reset");
    switch (answer_.add({space_.data(), size})) {
      case answer::state::partial: return receive();
      case answer::state::odd: return fail("odd");
      case answer::state::whole: break;
    }
    ++all_.answered;
    all_.slowest = std::max(all_.slowest, clock_type::now() - *std::exchange(began_, std::nullopt));
    if (!keep_ || answer_.last()) hang_up();
    next(0ms);
  }

  /// Nobody who has failed tries again at once: where all fail, that would be all there is.
  void fail(std::string_view how) {
    began_.reset();
    all_.tell_failure(how, port_, connected_, answer_.size());
    hang_up();
    next(10ms);
  }

  void hang_up() {
    error_code ignored;
    socket_.close(ignored);
  }

  void next(std::chrono::milliseconds pause) {
    if (all_.stopping || all_.once) return hang_up();
    if (pause == 0ms && socket_.is_open()) return ask();
    pause_.expires_after(pause);
    pause_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec) self->ask();
    });
  }

  crowd& all_;
  tcp::socket socket_;
  asio::steady_timer pause_;
  const bool keep_;
  bool asked_ = false;
  std::uint64_t connection_ = 0;
  std::uint16_t port_ = 0;
  std::array<char, 4096> space_;
  answer answer_;
  clock_type::time_point connected_;
  std::optional<clock_type::time_point> began_;  // while a request is under way
};

class director {
 public:
  director(asio::io_context& loop, crowd& all)
      : loop_(loop), all_(all), input_(loop, ::dup(STDIN_FILENO)), watch_(loop) {}

  void start(std::size_t each, std::size_t keep) {
    for (std::size_t i = 0; i < each + keep; ++i) clients_.push_back(std::make_shared<client>(loop_, all_, i >= each));
    for (const auto& one : clients_) one->ask();
    listen();
    watch();
  }

 private:
  void listen() {
    asio::async_read_until(input_, asio::dynamic_buffer(said_), '\n', [this](error_code ec, std::size_t size) {
      if (ec) {
        all_.stopping = true;
        return;
      }
      said_.erase(0, size);
      std::cout << "told " << all_.answered << ' ' << all_.failed + all_.hung << ' ' << all_.open() << std::endl;
      listen();
    });
  }

  void watch() {
    watch_.expires_after(50ms);
    watch_.async_wait([this](error_code) {
      const auto now = clock_type::now();
      for (const auto& one : clients_) one->look(now);
      if ((all_.stopping || all_.once) && all_.open() == 0) return finish();
      watch();
    });
  }

  void finish() {
    const auto slowest = std::chrono::duration_cast<std::chrono::milliseconds>(all_.slowest);
    std::cout << "{\"requests\": " << all_.requests << ", \"answered\": " << all_.answered
              << ", \"failed\": " << all_.failed << ", \"hung\": " << all_.hung
              << ", \"slowest_ms\": " << slowest.count() << "}" << std::endl;
    loop_.stop();
  }

  asio::io_context& loop_;
  crowd& all_;
  asio::posix::stream_descriptor input_;
  asio::steady_timer watch_;
  std::string said_;
  std::vector<std::shared_ptr<client>> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  asio::io_context loop{1};
  crowd all;
  all.server = {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))};
  all.limit = std::chrono::seconds(std::atoi(argv[4]));
  all.once = argc > 5;
  director torture{loop, all};
  torture.start(std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10));
  loop.run();
}

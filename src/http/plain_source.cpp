#include "http/plain_source.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <sstream>

#include "http/core.hpp"

namespace brood::http::detail {
namespace {

// Connections taken in one go; then those already open get their turn.
constexpr std::size_t batch_size = 64;
// Out of descriptors or memory, the queue stays readable: trying again at once would spin. nginx: accept_mutex_delay.
constexpr std::chrono::milliseconds exhausted_pause{500};

class plain_source final : public connection_source, public std::enable_shared_from_this<plain_source> {
 public:
  explicit plain_source(core& target) : core_(&target), acceptor_(target.executor()), pause_(target.executor()) {}

  void listen(const listen_address& where) {
    auto endpoint = where.endpoint;
    if (where.everywhere) {
      endpoint = {asio::ip::tcp::v6(), endpoint.port()};
      boost::system::error_code none;
      acceptor_.open(endpoint.protocol(), none);
      if (!none) acceptor_.set_option(asio::ip::v6_only(false), none);
      // A kernel without IPv6. Node falls back in the same way.
      if (none) {
        acceptor_.close(none);
        endpoint = {asio::ip::tcp::v4(), endpoint.port()};
      }
    }
    listen(endpoint);
  }

  void listen(const asio::ip::tcp::endpoint& where) {
    family_ = where.protocol();
    if (!acceptor_.is_open()) acceptor_.open(family_);
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    // Connections inherit it from the socket that accepts them, so none costs a call of its own.
    acceptor_.set_option(asio::ip::tcp::no_delay(true));
    acceptor_.bind(where);
    acceptor_.listen(core_->options().backlog);
    acceptor_.native_non_blocking(true);
    core_->listens({}, acceptor_.local_endpoint());
    wait();
  }

  void close() override {
    if (core_ == nullptr) return;
    // The handshake of those in the queue is done: closing on them would reset them.
    while (accept_batch(batch_size)) {}
    core_ = nullptr;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void wait() {
    acceptor_.async_wait(asio::socket_base::wait_read,
                         [self = shared_from_this()](boost::system::error_code ec) { self->ready(ec); });
  }

  void ready(boost::system::error_code ec) {
    if (core_ == nullptr || ec) return;
    exhausted_ = false;
    accept_batch(waiting());
    if (core_ == nullptr) return;  // a handler closed the server
    if (exhausted_) return rest();
    wait();
  }

  /// Takes what waits, then serves it. True if there may be more.
  bool accept_batch(std::size_t most) {
    if (core_ == nullptr) return false;
    // A handler may close or drop the server in the middle; what was accepted is its business still.
    const auto target = core_->shared_from_this();
    std::array<int, batch_size> taken;
    std::size_t count = 0;
    while (count < most && accept_one(taken[count])) ++count;
    for (const int fd : std::span(taken).first(count)) target->take(fd, family_, true, count > 1);
    return count == most;
  }

  /// How many connections wait to be accepted. Asked for because accept(2) makes a socket and a file before it finds
  /// the queue empty: the call that fails costs more than the one that succeeds.
  std::size_t waiting() noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return batch_size;
    // Of a listening socket this field tells the length of its queue. At least one, lest we go round for nothing.
    return std::clamp<std::size_t>(info.tcpi_unacked, 1, batch_size);
  }

  bool accept_one(int& fd) {
    for (;;) {
      fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) return true;
      switch (errno) {
        case EAGAIN: return false;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: exhausted_ = true; return false;
        case EINTR:
        default: break;  // that connection is gone already: the next one (accept(2), "Error handling")
      }
    }
  }

  void rest() {
    core_->log(log_level::warning, "http: cannot accept connections: out of descriptors or memory");
    pause_.expires_after(exhausted_pause);
    pause_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
      if (!ec) self->ready(ec);
    });
  }

  core* core_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  stream::protocol family_ = stream::protocol::v4();
  bool exhausted_ = false;
};

}  // namespace

std::string to_string(const listen_address& where) {
  if (where.everywhere) return "port " + std::to_string(where.endpoint.port());
  std::ostringstream text;
  text << where.endpoint;
  return text.str();
}

std::shared_ptr<connection_source> make_plain_source(core& target, const listen_address& where) {
  auto source = std::make_shared<plain_source>(target);
  try {
    source->listen(where);
  } catch (const boost::system::system_error& error) {
    throw boost::system::system_error(error.code(), "listen on " + to_string(where));
  }
  return source;
}

}  // namespace brood::http::detail

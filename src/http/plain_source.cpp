#include "http/plain_source.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <sstream>
#include <utility>

#include "brood/detail/unix_listener.hpp"
#include "http/core.hpp"
#include "sys/calls.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

// The number of connections accepted in one turn; then open connections are served.
constexpr std::size_t batch_size = 64;
// Without descriptors or memory the accept queue stays readable, so an immediate retry would spin. As nginx's
// accept_mutex_delay.
constexpr std::chrono::milliseconds exhausted_pause{500};

class plain_source final : public connection_source, public std::enable_shared_from_this<plain_source> {
 public:
  explicit plain_source(core& target)
      : core_(&target), acceptor_(target.executor()), pause_(target.executor()), backlog_(target.options().backlog) {}
  /// The source is not closed if listen() has thrown.
  ~plain_source() override { remove_file(); }
  plain_source(const plain_source&) = delete;
  plain_source& operator=(const plain_source&) = delete;

  /// Throws boost::system::system_error.
  void listen(const listen_address& where) {
    if (where.with.backlog > 0) backlog_ = where.with.backlog;
    if (!where.path.empty()) {
      serve(brood::detail::listen_at({where.path.string(), where.with.readable_all, where.with.writable_all}, backlog_,
                                     remove_file_));
    } else if (where.descriptor >= 0) {
      borrowed_ = true;
      serve(unique_fd(::fcntl(where.descriptor, F_DUPFD_CLOEXEC, 0)));
    } else {
      bind(where);
    }
    wait();
  }

  void close() override {
    if (core_ == nullptr) return;
    // Connections in the queue have completed their handshake, and closing the socket would reset them, so they are
    // accepted first. Not if another process shares the queue: it may serve them, and new ones may arrive without end.
    while (!borrowed_ && accept_batch(batch_size)) {}
    core_ = nullptr;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    remove_file();
    pause_.cancel();
  }

 private:
  void remove_file() {
    if (const auto remove = std::exchange(remove_file_, nullptr)) remove();
  }

  void bind(const listen_address& where) {
    auto endpoint = where.endpoint;
    if (where.everywhere) {
      endpoint = {asio::ip::tcp::v6(), endpoint.port()};
      boost::system::error_code none;
      acceptor_.open(endpoint.protocol(), none);
      if (!none) acceptor_.set_option(asio::ip::v6_only(where.with.ipv6_only), none);
      // A kernel without IPv6. Node falls back in the same way.
      if (none) {
        acceptor_.close(none);
        endpoint = {asio::ip::tcp::v4(), endpoint.port()};
      }
    }
    family_ = endpoint.protocol();
    if (!acceptor_.is_open()) {
      acceptor_.open(family_);
      if (family_ == asio::ip::tcp::v6()) acceptor_.set_option(asio::ip::v6_only(where.with.ipv6_only));
    }
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    // Accepted connections inherit the option, so none needs a system call for it.
    acceptor_.set_option(asio::ip::tcp::no_delay(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(backlog_);
    acceptor_.native_non_blocking(true);
    core_->listens(*this, {}, acceptor_.local_endpoint());
  }

  /// Uses an existing socket of any family.
  void serve(unique_fd socket) {
    int family = 0;
    socklen_t size = sizeof family;
    if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
        ::listen(socket.get(), backlog_) != 0) {
      throw boost::system::system_error(errno, boost::system::system_category());
    }
    // Asio uses the family only to create endpoints from addresses, which a Unix socket does not have.
    family_ = family == AF_INET6 ? stream::protocol::v6() : stream::protocol::v4();
    acceptor_.assign(family_, socket.get());
    static_cast<void>(socket.release());
    acceptor_.native_non_blocking(true);
    const bool internet = family == AF_INET || family == AF_INET6;
    if (internet) acceptor_.set_option(asio::ip::tcp::no_delay(true));
    core_->listens(*this, {}, internet ? acceptor_.local_endpoint() : asio::ip::tcp::endpoint());
  }

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

  /// Accepts waiting connections, then serves them. Returns true if there may be more.
  bool accept_batch(std::size_t most) {
    if (core_ == nullptr) return false;
    // A handler may close or destroy the server meanwhile, but accepted connections are still served.
    const auto target = core_->shared_from_this();
    std::array<int, batch_size> taken;
    std::size_t count = 0;
    while (count < most && accept_one(taken[count])) ++count;
    for (const int fd : std::span(taken).first(count)) target->take(fd, family_, true, count > 1);
    return count == most;
  }

  /// The number of connections in the accept queue. This call saves time, because accept(2) creates a socket and a file
  /// before it finds an empty queue: a failing call costs more than a successful one.
  std::size_t waiting() noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return batch_size;
    // For a listening socket this field is the length of its queue. At least one, because otherwise no progress would
    // be made.
    return std::clamp<std::size_t>(info.tcpi_unacked, 1, batch_size);
  }

  bool accept_one(int& fd) {
    fd = brood::detail::sys::accept(acceptor_.native_handle());
    if (fd >= 0) return true;
    exhausted_ = !brood::detail::sys::would_block();
    return false;
  }

  void rest() {
    core_->cannot_accept();
    pause_.expires_after(exhausted_pause);
    pause_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
      if (!ec) self->ready(ec);
    });
  }

  core* core_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  stream::protocol family_ = stream::protocol::v4();
  int backlog_;
  std::function<void()> remove_file_;
  bool borrowed_ = false;
  bool exhausted_ = false;
};

}  // namespace

std::string to_string(const listen_address& where) {
  if (!where.path.empty()) return where.path.string();
  if (where.descriptor >= 0) return "descriptor " + std::to_string(where.descriptor);
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

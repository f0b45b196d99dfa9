#include "http/worker_source.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <span>
#include <utility>

#include "brood/cluster/this_worker.hpp"
#include "brood/error.hpp"
#include "http/core.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

class worker_source final : public connection_source, public std::enable_shared_from_this<worker_source> {
 public:
  worker_source(cluster::this_worker& self, core& target, const listen_address& where)
      : core_(&target), acceptor_(listen(self, where, to_share(target))), hold_(self.hold()), where_(where) {}

  void start() {
    acceptor_.set_load(0);  // now, so that the primary knows it before it learns that this worker listens
    acceptor_.count_requests(0);
    acceptor_.listening.async_wait(
        [self = shared_from_this()](boost::system::error_code ec, const asio::ip::tcp::endpoint& bound) {
          if (self->core_ != nullptr) self->answered(ec, bound);
        });
    acceptor_.on_exhausted([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->core_ != nullptr) self->core_->cannot_accept();
    });
    acceptor_.closed.on([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (self && self->core_ != nullptr && ec == errc::listener_closed) {
        self->core_->shared_from_this()->drain();  // the worker is disconnecting
      }
    });
  }

  void close() override {
    if (core_ == nullptr) return;
    acceptor_.close();  // first, because it may deliver more connections
    if (core_ == nullptr) return;
    // Keeps the worker connected until the last response was sent.
    std::exchange(core_, nullptr)->when_drained([kept = std::exchange(hold_, {})](boost::system::error_code) {});
  }

  void count(std::size_t open) noexcept override { acceptor_.set_load(open); }
  void asked() noexcept override { acceptor_.count_requests(1); }

 private:
  static cluster::acceptor listen(cluster::this_worker& self, const listen_address& where, boost::json::value data) {
    auto with = where.with;
    if (!data.is_null()) with.shared_data = std::move(data);
    if (!where.path.empty()) return self.listen(where.path, with);
    if (where.descriptor >= 0) return self.listen_inherited(where.descriptor, with);
    return where.everywhere ? self.listen(where.endpoint.port(), with) : self.listen(where.endpoint, with);
  }

  static boost::json::value to_share(const core& target) {
    const auto& tls = target.options().tls;
    return tls ? tls->shared() : boost::json::value();
  }

  void answered(boost::system::error_code ec, const asio::ip::tcp::endpoint& bound) {
    const auto target = core_->shared_from_this();
    if (target->options().tls && !ec) agree();
    target->listens(*this, ec, bound);
    if (!ec) return serve(bound);
    if (ec == errc::listener_closed) return;
    hold_.reset();  // no connection will arrive, so the worker need not wait
    target->log(log_level::error, "http: cannot listen on " + to_string(where_) + ": " + ec.message());
  }

  void agree() {
    const auto tell = [this] { core_->options().tls->agree(this, acceptor_.shared_data()); };
    tell();
    acceptor_.on_shared_data([weak = weak_from_this(), tell] {
      const auto self = weak.lock();
      if (self && self->core_ != nullptr) tell();
    });
  }

  void serve(const asio::ip::tcp::endpoint& bound) {
    family_ = bound.protocol();
    const int on = 1;
    const bool is_path = acceptor_.where().type == cluster::address::kind::path;
    // Accepted connections inherit the option, so none needs a system call for it.
    inherits_no_delay_ =
        is_path || (acceptor_.native_handle() >= 0 &&
                    ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    acceptor_.on_connections([weak = weak_from_this()](std::span<unique_fd> batch) {
      if (const auto self = weak.lock()) self->take(batch);
    });
  }

  void take(std::span<unique_fd> batch) {
    if (core_ == nullptr) return;
    // A handler may close or destroy the server meanwhile, but accepted connections are still served.
    const auto target = core_->shared_from_this();
    for (auto& fd : batch) target->take(fd.release(), family_, inherits_no_delay_, batch.size() > 1);
  }

  core* core_;
  cluster::acceptor acceptor_;
  std::shared_ptr<void> hold_;
  listen_address where_;
  asio::ip::tcp family_ = asio::ip::tcp::v4();
  bool inherits_no_delay_ = false;
};

}  // namespace

std::shared_ptr<connection_source> make_worker_source(cluster::this_worker& self, core& target,
                                                      const listen_address& where) {
  auto source = std::make_shared<worker_source>(self, target, where);
  source->start();
  return source;
}

}  // namespace brood::http::detail

#include "http/worker_source.hpp"

#include <utility>

#include "brood/cluster/this_worker.hpp"
#include "brood/error.hpp"
#include "http/core.hpp"

namespace brood::http::detail {
namespace {

class worker_source final : public connection_source, public std::enable_shared_from_this<worker_source> {
 public:
  worker_source(cluster::this_worker& self, core& target, const listen_address& where)
      : core_(&target),
        acceptor_(where.everywhere ? self.listen(where.endpoint.port()) : self.listen(where.endpoint)),
        hold_(self.hold()),
        where_(where) {}

  void start() {
    acceptor_.listening.async_wait(
        [self = shared_from_this()](boost::system::error_code ec, const asio::ip::tcp::endpoint& bound) {
          if (self->core_ != nullptr) self->answered(ec, bound);
        });
  }

  void close() override {
    // Whoever waits for the worker to go waits for its last answer too.
    std::exchange(core_, nullptr)->when_drained([kept = std::exchange(hold_, {})](boost::system::error_code) {});
    acceptor_.close();
  }

 private:
  void answered(boost::system::error_code ec, const asio::ip::tcp::endpoint& bound) {
    const auto target = core_->shared_from_this();
    target->listens(ec, bound);
    if (!ec) return accept();
    if (ec == errc::listener_closed) return target->drain();
    hold_.reset();  // nothing will come that the worker would have to stay for
    target->log(log_level::error, "http: cannot listen on " + to_string(where_) + ": " + ec.message());
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](boost::system::error_code ec, asio::ip::tcp::socket socket) {
      if (self->core_ != nullptr) self->accepted(ec, std::move(socket));
    });
  }

  void accepted(boost::system::error_code ec, asio::ip::tcp::socket socket) {
    const auto target = core_->shared_from_this();
    if (ec == errc::listener_closed) return target->drain();  // the worker shall go
    // Any other error is that of one connection, which the loop could not take.
    if (!ec) target->take(std::move(socket));
    if (core_ != nullptr) accept();
  }

  core* core_;
  cluster::acceptor acceptor_;
  std::shared_ptr<void> hold_;
  listen_address where_;
};

}  // namespace

std::shared_ptr<connection_source> make_worker_source(cluster::this_worker& self, core& target,
                                                      const listen_address& where) {
  auto source = std::make_shared<worker_source>(self, target, where);
  source->start();
  return source;
}

}  // namespace brood::http::detail

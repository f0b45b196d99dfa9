#pragma once

#include "cluster/intake.hpp"
#include "cluster/listener.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// The primary accepts, and hands each connection to the worker that its policy chooses.
class listener_central final : public listener {
 public:
  listener_central(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                   unique_fd socket, std::unique_ptr<dispatcher::assignment> policy);

  bool has(int worker) const override { return dispatcher_->has(worker); }
  boost::system::result<share> admit(int) override { return share{}; }
  void admitted(int worker) override { dispatcher_->join(worker); }
  void retire(int worker) override { dispatcher_->retire(worker); }
  void remove(int worker) override { dispatcher_->remove(worker); }

 private:
  void go_on() override { intake_->go_on(); }
  void take_all() override;
  bool all_taken() const override { return !intake_->is_open(); }
  void close_sockets() override { intake_->close(); }

  const int socket_;
  const std::shared_ptr<intake> intake_;
};

}  // namespace brood::cluster::detail

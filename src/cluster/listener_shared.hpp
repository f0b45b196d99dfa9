#pragma once

#include <set>

#include "cluster/intake.hpp"
#include "cluster/listener.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// One queue that all workers accept from: Node's SCHED_NONE. The primary accepts only at the end, what no worker has
/// accepted.
class listener_shared final : public listener {
 public:
  listener_shared(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                  unique_fd socket);

  bool has(int worker) const override { return admitted_.contains(worker); }
  boost::system::result<share> admit(int worker) override;
  void listening(int worker) override;
  void retire(int worker) override;
  void remove(int worker) override;

 private:
  void go_on() override {}
  void take_all() override;
  bool all_taken() const override { return !intake_ || !intake_->is_open(); }
  void stop_sockets() override;
  void close_sockets() override;

  socket_ptr socket_;
  std::set<int> admitted_;
  std::shared_ptr<intake> intake_;
};

}  // namespace brood::cluster::detail

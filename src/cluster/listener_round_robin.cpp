#include "cluster/listener_round_robin.hpp"

namespace brood::cluster {

listener_round_robin::listener_round_robin(const asio::any_io_executor& ex, const wire::listen_request& request,
                                           unique_fd socket)
    : listener(ex, request, socket.get()),
      socket_(socket.get()),
      intake_(std::make_shared<intake>(dispatcher_, std::move(socket))) {}

void listener_round_robin::take_all() {
  sys::refuse_connections(socket_);
  intake_->finish();
}

}  // namespace brood::cluster

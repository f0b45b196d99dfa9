#include "cluster/listener_central.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

listener_central::listener_central(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                                   unique_fd socket, std::unique_ptr<dispatcher::assignment> policy)
    : listener(ex, request, socket.get(), std::move(policy)),
      socket_(socket.get()),
      intake_(std::make_shared<intake>(dispatcher_, std::move(socket))) {}

void listener_central::take_all() {
  refuse(socket_);
  intake_->finish();
}

}  // namespace brood::cluster::detail

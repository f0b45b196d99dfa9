#include "cluster/listener_shared.hpp"

#include "sys/calls.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

listener_shared::listener_shared(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                                 unique_fd socket)
    : listener(ex, request, socket.get()), socket_(std::make_shared<const unique_fd>(std::move(socket))) {}

boost::system::result<listener::share> listener_shared::admit(int worker) {
  admitted_.insert(worker);
  return share{.socket = socket_};
}

void listener_shared::listening(int worker) { dispatcher_->join(worker); }

void listener_shared::retire(int worker) {
  admitted_.erase(worker);
  dispatcher_->retire(worker);
}

void listener_shared::remove(int worker) {
  admitted_.erase(worker);
  dispatcher_->remove(worker);
}

void listener_shared::take_all() {
  refuse(socket_->get());
  intake_ = std::make_shared<intake>(dispatcher_, unique_fd(brood::detail::sys::duplicate(socket_->get())));
  intake_->finish();
}

void listener_shared::stop_sockets() { brood::detail::sys::shut_down(socket_->get()); }

void listener_shared::close_sockets() {
  socket_.reset();
  if (intake_) intake_->close();
}

}  // namespace brood::cluster::detail

#include "brood/cluster/this_worker.hpp"

#include "cluster/this_worker_state.hpp"
#include "ipc/inheritance.hpp"

namespace brood::cluster {
namespace {

std::shared_ptr<this_worker_state> join_cluster(const asio::any_io_executor& ex, worker_options options) {
  const auto id = ipc::inherited().worker_id;
  if (!id) throw boost::system::system_error(make_error_code(errc::not_a_worker), "this_worker");
  unique_fd end = ipc::take_channel("this_worker");
  auto state = std::make_shared<this_worker_state>(ex, *id, options);
  state->open(std::move(end));
  return state;
}

}  // namespace

this_worker::this_worker(executor ex, worker_options options) : this_worker(join_cluster(ex.get(), options)) {}

this_worker::this_worker(std::shared_ptr<this_worker_state> state)
    : message_sender(state->channel),
      messages(state->channel->messages),
      disconnecting(state->disconnecting),
      disconnected(state->channel->disconnected),
      state_(std::move(state)) {}

this_worker::~this_worker() { state_->channel->disconnect(); }

boost::asio::any_io_executor this_worker::get_executor() const noexcept { return state_->channel->executor; }
int this_worker::id() const noexcept { return state_->id; }

acceptor this_worker::listen(std::uint16_t port) {
  wire::listen_request request;
  request.port = port;
  return acceptor(state_->listen(std::move(request)));
}

acceptor this_worker::listen(const boost::asio::ip::tcp::endpoint& endpoint) {
  wire::listen_request request;
  request.address = endpoint.address().to_string();
  request.port = endpoint.port();
  request.address_type = endpoint.address().is_v6() ? "6" : "4";
  return acceptor(state_->listen(std::move(request)));
}

void this_worker::ready() { state_->tell_ready(); }
void this_worker::disconnect() { state_->disconnect(true); }
bool this_worker::connected() const noexcept { return state_->channel->connected(); }
bool this_worker::exited_after_disconnect() const noexcept { return state_->exited_after_disconnect; }
std::shared_ptr<void> this_worker::hold() { return state_->hold; }

}  // namespace brood::cluster

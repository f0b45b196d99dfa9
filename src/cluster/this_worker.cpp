#include "brood/cluster/this_worker.hpp"

#include "cluster/this_worker_state.hpp"
#include "ipc/inheritance.hpp"
#include "sys/listen_unix.hpp"

namespace brood::cluster {
namespace {

namespace asio = boost::asio;

namespace wire = brood::detail::wire;

std::shared_ptr<detail::this_worker_state> join_cluster(const asio::any_io_executor& ex, worker_options options) {
  brood::detail::require_strand(ex);
  const auto id = brood::detail::ipc::inherited().worker_id;
  if (!id) throw boost::system::system_error(make_error_code(errc::not_a_worker), "this_worker");
  unique_fd end = brood::detail::ipc::take_channel("this_worker");
  auto state = std::make_shared<detail::this_worker_state>(ex, *id, options);
  state->open(std::move(end));
  return state;
}

template <class Endpoint>
wire::listen_request at(const Endpoint& endpoint, const std::string& family) {
  return {.address = endpoint.address().to_string(),
          .port = endpoint.port(),
          .address_type = family + (endpoint.address().is_v6() ? '6' : '4')};
}

acceptor listen_at(const brood::detail::state_ptr<detail::this_worker_state>& state, wire::listen_request request,
                   const listen_options& with) {
  const auto entry = state.enter();
  if (with.ipv6_only) request.flags |= 1;
  request.backlog = with.backlog;
  request.data = with.shared_data;
  return brood::detail::access::make<acceptor>(with.exclusive ? state.unguarded()->listen_exclusive(std::move(request))
                                                              : state.unguarded()->listen(std::move(request)));
}

}  // namespace

this_worker::this_worker(executor ex, worker_options options) : this_worker(join_cluster(ex.get(), options)) {}

this_worker::this_worker(std::shared_ptr<detail::this_worker_state> state)
    : message_sender(state->channel),
      messages(brood::detail::event_of(state->channel->messages)),
      disconnecting(brood::detail::event_of(state->disconnecting)),
      disconnected(brood::detail::event_of(state->channel->disconnected)),
      state_(state, state->channel->executor) {}

this_worker::~this_worker() {
  state_->channel->messages->forget_program();
  state_->channel->disconnected->forget_program();
  state_->disconnecting->forget_program();
  state_->channel->disconnect();
}

boost::asio::any_io_executor this_worker::get_executor() const noexcept {
  return state_.unguarded()->channel->executor;
}
int this_worker::id() const noexcept { return state_.unguarded()->id; }

acceptor this_worker::listen(std::uint16_t port, const listen_options& with) {
  return listen_at(state_, {.port = port}, with);
}

acceptor this_worker::listen(const boost::asio::ip::tcp::endpoint& endpoint, const listen_options& with) {
  return listen_at(state_, at(endpoint, ""), with);
}

acceptor this_worker::listen(const std::filesystem::path& path, const listen_options& with) {
  if (path.empty()) {
    return brood::detail::access::make<acceptor>(
        state_->refuse({.port = -1, .address_type = "-1"}, asio::error::invalid_argument));
  }
  brood::detail::sys::refuse_address(path.string());
  wire::listen_request request{.address = std::filesystem::absolute(path).string(), .port = -1, .address_type = "-1"};
  request.readable_all = with.readable_all;
  request.writable_all = with.writable_all;
  return listen_at(state_, std::move(request), with);
}

acceptor this_worker::listen_inherited(int descriptor, const listen_options& with) {
  listen_options shared = with;
  shared.exclusive = false;  // it belongs to the primary
  if (descriptor < 0) {
    return brood::detail::access::make<acceptor>(state_->refuse({.fd = descriptor}, asio::error::bad_descriptor));
  }
  return listen_at(state_, {.fd = descriptor}, shared);
}

datagram_port this_worker::bind_udp(const boost::asio::ip::udp::endpoint& endpoint, const datagram_options& with) {
  wire::listen_request request = at(endpoint, "udp");
  request.fd = -1;  // as Node sends it
  request.flags = (with.ipv6_only ? 1 : 0) | (with.reuse_address ? 4 : 0);
  return brood::detail::access::make<datagram_port>(state_->bind(std::move(request), with.exclusive));
}

void this_worker::ready() { state_->tell_ready(); }
void this_worker::disconnect() { state_->disconnect(true); }
bool this_worker::connected() const noexcept { return state_.unguarded()->channel->connected(); }
bool this_worker::exited_after_disconnect() const noexcept { return state_.unguarded()->exited_after_disconnect; }
std::shared_ptr<void> this_worker::hold() { return state_->any_hold.lock(); }

}  // namespace brood::cluster

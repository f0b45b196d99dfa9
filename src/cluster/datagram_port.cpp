#include "brood/cluster/datagram_port.hpp"

#include "cluster/datagram_state.hpp"
#include "cluster/this_worker_state.hpp"

namespace brood::cluster {

datagram_port::datagram_port(std::shared_ptr<detail::datagram_state> state)
    : bound(brood::detail::event_of(state->bound)),
      closed(brood::detail::event_of(state->closed)),
      state_(state, state->socket.get_executor()) {}

datagram_port& datagram_port::operator=(datagram_port&& other) noexcept {
  return brood::detail::replace(*this, std::move(other));
}

datagram_port::~datagram_port() {
  if (!state_) return;
  state_->bound->forget_program();
  state_->closed->forget_program();
  close();
}

datagram_port::socket_type& datagram_port::socket() noexcept { return state_.unguarded()->socket; }

void datagram_port::close() {
  const auto entry = state_.enter();
  detail::datagram_state& state = *state_.unguarded();
  if (auto owner = state.owner.lock()) owner->close_datagrams(state);
  state.end(errc::listener_closed);
}

}  // namespace brood::cluster

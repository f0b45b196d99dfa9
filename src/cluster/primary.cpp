#include "brood/cluster/primary.hpp"

#include "brood/cluster.hpp"
#include "cluster/primary_state.hpp"
#include "ipc/inheritance.hpp"

namespace brood::cluster {
namespace {

/// One event of the state, which keeps the whole state alive.
template <class Listeners>
auto part(const std::shared_ptr<primary_state>& state, Listeners primary_state::*member) {
  return detail::event_of(std::shared_ptr<Listeners>(state, &((*state).*member)));
}

}  // namespace

bool is_worker() { return ipc::inherited().worker_id.has_value(); }

primary::primary(executor ex, settings with) : primary(std::make_shared<primary_state>(ex.get(), std::move(with))) {}

primary::primary(std::shared_ptr<primary_state> state)
    : forked(part(state, &primary_state::forked)),
      online(part(state, &primary_state::online)),
      listening(part(state, &primary_state::listening)),
      disconnected(part(state, &primary_state::disconnected)),
      exited(part(state, &primary_state::exited)),
      crash_looping(part(state, &primary_state::crash_looping)),
      draining(part(state, &primary_state::draining)),
      message(part(state, &primary_state::message_received)),
      state_(state, state->executor()) {}

primary::~primary() { state_->abandon(); }

worker primary::fork(const environment& changes) { return state_->fork(changes); }

std::vector<worker> primary::workers() const {
  std::vector<worker> all;
  for (const auto& [id, one] : state_->workers()) all.push_back(one->handle());
  return all;
}

std::optional<worker> primary::find(int id) const {
  const auto found = state_->workers().find(id);
  if (found == state_->workers().end()) return std::nullopt;
  return found->second->handle();
}

cluster::scheduling primary::scheduling() const noexcept { return state_.unguarded()->scheduling(); }

std::optional<crash_loop> primary::crash_loop() const { return state_->crash_loop(); }

address primary::adopt(unique_fd socket) { return state_->adopt(std::move(socket)); }

statistics primary::stats(const statistics_options& with) const { return state_->stats(with); }

void primary::reload(const detail::state_ptr<primary_state>& state, reload_options with, reload_handler handler) {
  state->reload(with, std::move(handler));
}

void primary::disconnect(const detail::state_ptr<primary_state>& state, disconnect_handler handler) {
  state->disconnect_all(std::move(handler));
}

}  // namespace brood::cluster

#include "brood/cluster/primary.hpp"

#include "brood/cluster.hpp"
#include "cluster/primary_state.hpp"
#include "ipc/inheritance.hpp"

namespace brood::cluster {
namespace {

/// An event of the state that keeps the whole state alive.
template <class Listeners>
auto part(const std::shared_ptr<detail::primary_state>& state, Listeners detail::primary_state::*member) {
  return brood::detail::event_of(std::shared_ptr<Listeners>(state, &((*state).*member)));
}

}  // namespace

bool is_worker() { return brood::detail::ipc::inherited().worker_id.has_value(); }

primary::primary(executor ex, settings with)
    : primary(std::make_shared<detail::primary_state>(ex.get(), std::move(with))) {}

primary::primary(std::shared_ptr<detail::primary_state> state)
    : forked(part(state, &detail::primary_state::forked)),
      online(part(state, &detail::primary_state::online)),
      listening(part(state, &detail::primary_state::listening)),
      disconnected(part(state, &detail::primary_state::disconnected)),
      exited(part(state, &detail::primary_state::exited)),
      crash_looping(part(state, &detail::primary_state::crash_looping)),
      draining(part(state, &detail::primary_state::draining)),
      message(part(state, &detail::primary_state::message_received)),
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

void primary::reload(const brood::detail::state_ptr<detail::primary_state>& state, reload_options with,
                     reload_handler handler) {
  state->reload(with, std::move(handler));
}

void primary::disconnect(const brood::detail::state_ptr<detail::primary_state>& state, disconnect_handler handler) {
  state->disconnect_all(std::move(handler));
}

}  // namespace brood::cluster

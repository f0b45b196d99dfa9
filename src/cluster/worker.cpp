#include "brood/cluster/worker.hpp"

#include "cluster/primary_state.hpp"
#include "cluster/worker_state.hpp"

namespace brood::cluster {

worker_state::worker_state(const asio::any_io_executor& ex, int number)
    : id(number),
      channel(std::make_shared<ipc::endpoint>(ex)),
      timer(ex),
      online(std::make_shared<detail::milestone_state<>>(ex)),
      ready(std::make_shared<detail::milestone_state<>>(ex)),
      exited(std::make_shared<detail::milestone_state<exit_status>>(ex)),
      listening(std::make_shared<detail::listeners<address>>(ex)) {}

void worker_state::forget_program() noexcept {
  online->forget_program();
  ready->forget_program();
  exited->forget_program();
  listening->forget_program();
  channel->messages->forget_program();
  channel->disconnected->forget_program();
}

worker::worker(std::shared_ptr<worker_state> state)
    : message_sender(state->channel),
      online(detail::event_of(state->online)),
      listening(detail::event_of(state->listening)),
      ready(detail::event_of(state->ready)),
      disconnected(detail::event_of(state->channel->disconnected)),
      exited(detail::event_of(state->exited)),
      messages(detail::event_of(state->channel->messages)),
      state_(std::move(state)) {}

int worker::id() const noexcept { return state_->id; }
pid_t worker::pid() const noexcept { return state_->child ? state_->child->pid : 0; }

bool worker::kill(int signal) { return state_->child && state_->child->kill(signal); }

void worker::disconnect() {
  if (auto primary = state_->primary.lock()) primary->disconnect_worker(*state_);
}

bool worker::is_connected() const noexcept { return state_->channel->connected(); }
bool worker::is_dead() const noexcept { return state_->exited->reached(); }
bool worker::exited_after_disconnect() const noexcept { return state_->exited_after_disconnect; }

}  // namespace brood::cluster

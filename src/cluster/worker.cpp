#include "brood/cluster/worker.hpp"

#include "cluster/primary_state.hpp"
#include "cluster/worker_state.hpp"

namespace brood::cluster {

namespace asio = boost::asio;

detail::worker_state::worker_state(const asio::any_io_executor& ex, int number)
    : id(number),
      channel(std::make_shared<brood::detail::ipc::endpoint>(ex)),
      online(std::make_shared<brood::detail::one_shot_state<>>(ex)),
      ready(std::make_shared<brood::detail::one_shot_state<>>(ex)),
      exited(std::make_shared<brood::detail::one_shot_state<exit_status>>(ex)),
      listening(std::make_shared<brood::detail::listeners<address>>(ex)) {}

void detail::worker_state::forget_program() noexcept {
  online->forget_program();
  ready->forget_program();
  exited->forget_program();
  listening->forget_program();
  channel->messages->forget_program();
  channel->requests->forget_program();
  channel->disconnected->forget_program();
}

worker detail::worker_state::handle() { return worker(shared_from_this()); }

void detail::worker_state::conclude() {
  const error_code never = asio::error::operation_aborted;
  deadline.reset();
  online->fail(never);
  ready->fail(never);
  listening->clear();
  if (child) return;
  channel->disconnected->fail(never);
  channel->messages->end();
  channel->requests->end();
  exited->fail(never);
}

worker::worker(std::shared_ptr<detail::worker_state> state)
    : message_sender(state->channel),
      online(brood::detail::event_of(state->online)),
      listening(brood::detail::event_of(state->listening)),
      ready(brood::detail::event_of(state->ready)),
      disconnected(brood::detail::event_of(state->channel->disconnected)),
      exited(brood::detail::event_of(state->exited)),
      messages(brood::detail::event_of(state->channel->messages)),
      state_(state, state->channel->executor) {}

worker& worker::operator=(const worker& other) {
  worker copy(other);
  return brood::detail::replace(*this, std::move(copy));
}

int worker::id() const noexcept { return state_.unguarded()->id; }

pid_t worker::pid() const noexcept {
  const auto& child = state_.unguarded()->child;
  return child ? child->pid : 0;
}

bool worker::kill(int signal) {
  const auto entry = state_.enter();
  const auto& child = state_.unguarded()->child;
  return child && child->kill(signal);
}

void worker::disconnect() {
  const auto entry = state_.enter();
  detail::worker_state& state = *state_.unguarded();
  if (auto primary = state.primary.lock()) primary->disconnect_worker(state);
}

bool worker::is_connected() const noexcept { return state_.unguarded()->channel->connected(); }

bool worker::is_dead() const noexcept {
  const auto& end = *state_.unguarded()->exited;
  return end.happened() || end.error();
}

bool worker::exited_after_disconnect() const noexcept { return state_.unguarded()->exited_after_disconnect; }

}  // namespace brood::cluster

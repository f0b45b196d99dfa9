#include "brood/detail/time_limit.hpp"
#include "cluster/primary_state.hpp"

// Readiness, heartbeats and reloads.

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Only after it is ready, because the start may take longer than the loop may block.
void primary_state::watch_pulse(const state_ptr& who) {
  if (settings_.heartbeat.count() == 0 || who->pulse) return;
  auto ask = [weak = weak_from_this(), weak_who = std::weak_ptr(who)](std::shared_ptr<const unique_fd> token) {
    auto self = weak.lock();
    auto asked = weak_who.lock();
    if (!self || !asked || !asked->channel->connected()) return;
    asked->pulse_seq = self->next_seq_++;
    // A worker that cannot accept another descriptor has responded, too.
    asked->channel->link->send_text(brood::detail::wire::new_connection_text(asked->pulse_seq, ""),
                                    attachment::kind::native, std::move(token), [weak_who](bool taken) {
                                      auto refused = weak_who.lock();
                                      if (!taken && refused) refused->pulse->answered();
                                    });
  };
  auto hung = [weak = weak_from_this(), weak_who = std::weak_ptr(who)] {
    auto self = weak.lock();
    auto stuck = weak_who.lock();
    if (self && stuck) self->on_hung(stuck);
  };
  who->pulse = std::make_shared<heartbeat>(executor_, settings_.heartbeat, std::move(ask), std::move(hung));
  who->pulse->start();
}

void primary_state::on_hung(const state_ptr& who) {
  log(log_level::warning, "worker " + std::to_string(who->id) + " did not respond for " +
                              std::to_string(settings_.heartbeat.count()) + " ms and is being stopped");
  who->hung = true;
  leave_listeners(*who, &listener::suspend);
  if (who->child) who->child->stop(settings_.stop);
}

void primary_state::on_ready(const state_ptr& who) {
  if (who->ready->happened()) return;
  watch_pulse(who);
  who->ready->set({});
  if (const auto reload = reload_) reload->ready(who->id);
}

void primary_state::reload(reload_options with, reloading::handler handler) {
  // The replacement of a single worker is the primary's own decision: a requested reload comes after it.
  if (recycling_ && !after_recycling_ && !stopping_) {
    auto kept = std::make_shared<reloading::handler>(std::move(handler));
    after_recycling_ = [this, with, kept] { reload(with, std::move(*kept)); };
    return;
  }
  auto started = std::make_shared<reloading>(*this, executor_, with, std::move(handler));
  if (reload_ || stopping_) {
    return started->abort(reload_ ? asio::error::already_started : asio::error::operation_aborted);
  }
  reload_ = started;
  std::map<int, environment> old;
  for (const auto& [id, who] : states_) {
    if (!who->exited_after_disconnect) old.emplace(id, who->changes);
  }
  started->start(std::move(old));
}

void primary_state::fork_again(const environment& changes) {
  try {
    fork(changes);
  } catch (const spawn_error& error) {
    log(log_level::error, error.what());
  }
}

bool primary_state::replace(int worker) {
  auto found = states_.find(worker);
  if (found == states_.end()) return false;
  const state_ptr who = found->second;
  disconnect_worker(*who);
  if (!states_.contains(worker)) return false;  // its start was delayed
  who->deadline = brood::detail::start_deadline(executor_, settings_.drain, [weak = weak_from_this(), who] {
    auto self = weak.lock();
    if (!self || !who->child) return;
    self->log(log_level::warning, "worker " + std::to_string(who->id) + " did not exit in time and is being stopped");
    who->child->stop(self->settings_.stop);
  });
  return true;
}

void primary_state::drop(int worker) {
  auto found = states_.find(worker);
  if (found == states_.end()) return;
  // A worker that listens has clients, even if it is not ready: it finishes its connections.
  if (found->second->listens) return static_cast<void>(replace(worker));
  found->second->exited_after_disconnect = true;
  leave_listeners(*found->second, &listener::retire);
  if (found->second->child) found->second->child->stop(settings_.stop);
}

}  // namespace brood::cluster::detail

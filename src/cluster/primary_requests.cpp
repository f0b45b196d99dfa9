#include <algorithm>
#include <cerrno>

#include "cluster/primary_state.hpp"
#include "cluster/requested_address.hpp"

// Requests and replies of workers, in the messages of Node's cluster (wire/cluster_message.hpp).

namespace brood::cluster::detail {
namespace {

namespace wire = brood::detail::wire;

std::optional<wire::socket_name> to_wire(const std::optional<brood::detail::sys::bound_name>& name) {
  if (!name) return std::nullopt;
  return wire::socket_name{name->address, name->port, name->ipv6};
}

}  // namespace

void primary_state::on_message(const state_ptr& who, const boost::json::object& message) {
  const wire::cluster_message m = wire::parse_cluster_message(message);
  if (m.ack) return on_answer(who, m);
  switch (m.what) {
    case wire::cluster_message::act::online: on_online(who); break;
    case wire::cluster_message::act::ready: on_ready(who); break;
    case wire::cluster_message::act::query_server: on_query(who, m); break;
    case wire::cluster_message::act::listening: on_listening(who, m.request); break;
    case wire::cluster_message::act::loads: on_loads(who, m); break;
    case wire::cluster_message::act::traffic: on_traffic(who, m.report); break;
    case wire::cluster_message::act::close: on_close(who, m); break;
    case wire::cluster_message::act::exited_after_disconnect:
      who->exited_after_disconnect = true;
      leave_listeners(*who, &listener::retire);
      tell_draining(*who);
      who->channel->link->send_text(wire::ack_text(next_seq_++, m.seq));
      break;
    default: break;  // Node ignores unknown messages, and every version of brood must, too
  }
}

void primary_state::on_close(const state_ptr& who, const wire::cluster_message& closed) {
  const auto found = listeners_.find(closed.key);
  if (found == listeners_.end()) return;
  const listener_ptr where = found->second;
  if (closed.leaving || who->exited_after_disconnect || who->hung) return where->released(who->id);
  release(who, where);
}

/// While the primary shuts down, finish_listeners() closes the ports.
void primary_state::release(const state_ptr& who, const listener_ptr& where) {
  if (!where->has(who->id)) return;
  where->released(who->id);
  const bool used = std::any_of(states_.begin(), states_.end(), [&](const auto& one) { return where->has(one.first); });
  if (used || settings_.keep_ports || stopping_) return;
  listeners_.erase(where->key());
  where->give_up();
}

void primary_state::on_query(const state_ptr& who, const wire::cluster_message& query) {
  if (who->exited_after_disconnect || stopping_) return;  // as in Node: a worker that is disconnecting gets no reply
  const std::string key = query.request.key();
  auto found = listeners_.find(key);
  auto where = found != listeners_.end() ? found->second : boost::system::result<listener_ptr>(nullptr);
  if (found == listeners_.end()) where = open_listener(query.request);
  // The same worker twice on one port: the second bind fails, as it would without a primary.
  if (where && (*where)->has(who->id)) where = error_code(EADDRINUSE, boost::system::system_category());
  auto share = where ? (*where)->admit(who->id) : where.error();
  if (!share) {
    // The limit was reached in the primary, so it is logged here: the worker cannot know.
    if (share.error() == boost::system::errc::too_many_files_open) {
      log(log_level::error, "worker " + std::to_string(who->id) + " cannot listen: " + share.error().message() +
                                " in the primary (RLIMIT_NOFILE)");
    }
    who->channel->link->send_text(
        wire::listen_reply_text(next_seq_++, query.seq, key, share.error().value(), std::nullopt, query.request.data));
    return;
  }
  if ((*where)->shared_data.is_null()) share_data(*where, query.request.data);
  if (const auto& keeper = (*where)->renewal) keeper->go_on();
  reply(who, query, *where, *share);
  (*where)->admitted(who->id);
}

void primary_state::share_data(const listener_ptr& where, const boost::json::value& data) {
  where->shared_data = data;
  where->renewal =
      renewal::of(executor_, where->shared_data, [weak = weak_from_this(), weak_where = std::weak_ptr(where)] {
        auto self = weak.lock();
        auto changed = weak_where.lock();
        if (!self || !changed) return;
        for (const auto& [id, who] : self->states_) {
          if (!changed->has(id) || !who->channel->connected()) continue;
          who->channel->link->send_text(wire::new_data_text(self->next_seq_++, changed->key(), changed->shared_data));
        }
      });
}

void primary_state::reply(const state_ptr& who, const wire::cluster_message& query, const listener_ptr& where,
                          const listener::share& share) {
  std::optional<wire::own_queue> queue;
  if (share.slot) queue = wire::own_queue{*share.slot, where->loads() != nullptr};
  std::string text = wire::listen_reply_text(next_seq_++, query.seq, where->key(), 0, to_wire(where->name()),
                                             where->shared_data, queue, report_every());
  if (share.socket && !share.datagrams) who->traffic.serves_itself();
  if (!share.socket) return static_cast<void>(who->channel->link->send_text(text));
  const auto kind = share.datagrams ? attachment::kind::datagram_native : attachment::kind::native;
  // Not accepted in four attempts: the worker has no free descriptor.
  auto outcome = [weak = weak_from_this(), weak_who = std::weak_ptr(who), where, seq = query.seq](bool taken) {
    auto self = weak.lock();
    auto asked = weak_who.lock();
    if (taken || !self || !asked || !asked->channel->connected()) return;
    self->release(asked, where);
    asked->channel->link->send_text(
        wire::listen_reply_text(self->next_seq_++, seq, where->key(), EMFILE, std::nullopt, where->shared_data));
  };
  who->channel->link->send_text(std::move(text), kind, share.socket, std::move(outcome));
}

void primary_state::on_online(const state_ptr& who) {
  who->online->set({});
  auto handle = who->handle();
  online.call(handle);
}

void primary_state::on_listening(const state_ptr& who, const wire::listen_request& request) {
  for (const auto& [key, one] : listeners_) {
    if (one->has(who->id) && one->answers(request)) one->listening(who->id);
  }
  who->listens = true;
  watch_pulse(who);
  const address where = requested_address(request);
  who->listening->call(where);
  auto handle = who->handle();
  listening.call(handle, where);
  if (!settings_.explicit_ready) on_ready(who);
}

/// settings::choose needs current numbers; otherwise every 100 ms is enough.
std::uint32_t primary_state::report_every() const { return settings_.choose ? 0 : 100; }

void primary_state::on_traffic(const state_ptr& who, const wire::traffic_report& report) {
  const auto before = who->traffic.open();
  who->traffic.reported(report);
  if (who->exited_after_disconnect && who->traffic.open() != before) tell_draining(*who);
  if (!settings_.choose) return;
  const auto all = listeners_;
  for (const auto& [key, one] : all) {
    if (one->has(who->id)) one->reconsider();
  }
}

candidate primary_state::look_up(int id) const {
  auto found = states_.find(id);
  if (found == states_.end()) return {.id = id};
  const worker_state& who = *found->second;
  return {.id = id, .accepted = who.traffic.accepted().value_or(0), .open = who.traffic.open(), .lag = who.lag()};
}

void primary_state::on_loads(const state_ptr& who, const wire::cluster_message& asked) {
  auto found = listeners_.find(asked.key);
  if (found == listeners_.end() || !found->second->has(who->id) || !found->second->loads()) return;
  who->channel->link->send_text(wire::ack_text(next_seq_++, asked.seq), attachment::kind::native,
                                found->second->loads(), nullptr);
}

void primary_state::hand_over(int id, const listener_ptr& from, const dispatcher::connection& fd) {
  auto found = states_.find(id);
  if (found == states_.end() || !found->second->channel->connected()) return;  // its exit is about to be processed
  const std::int64_t seq = next_seq_++;
  found->second->handovers.emplace(seq, from);
  // Not accepted in four attempts: the worker runs but cannot receive it. If its channel was closed instead,
  // on_disconnected returns the pending hand-over.
  auto outcome = [weak = std::weak_ptr(from), weak_who = std::weak_ptr(found->second), seq](bool taken) {
    auto source = weak.lock();
    auto who = weak_who.lock();
    if (taken || !source || !who || !who->channel->connected() || who->handovers.erase(seq) == 0) return;
    source->answered(who->id, false);
  };
  found->second->channel->link->send_text(wire::new_connection_text(seq, from->key()), attachment::kind::native, fd,
                                          std::move(outcome));
}

void primary_state::on_answer(const state_ptr& who, const wire::cluster_message& answer) {
  if (*answer.ack == who->pulse_seq && who->pulse) return who->pulse->answered();
  auto found = who->handovers.find(*answer.ack);
  if (found == who->handovers.end()) return;
  auto from = found->second.lock();
  who->handovers.erase(found);
  if (answer.accepted.value_or(false)) who->traffic.taken();
  if (from) from->answered(who->id, answer.accepted.value_or(false));
}

void primary_state::leave_listeners(const worker_state& who, void (listener::*how)(int)) {
  const auto all = listeners_;
  for (const auto& [key, one] : all) ((*one).*how)(who.id);
}

}  // namespace brood::cluster::detail

#include <cerrno>

#include "cluster/primary_state.hpp"

// What workers ask for and answer, in the messages of Node's cluster (wire/cluster_message.hpp).

namespace brood::cluster {
namespace {

constexpr int default_backlog = 511;  // as Node

address address_of(const wire::listen_request& request) {
  address result;
  if (request.address_type == "-1") return {address::kind::path, request.address.value_or(""), 0};
  if (request.address_type == "6" || request.address_type == "udp6") result.type = address::kind::ipv6;
  result.host = request.address.value_or(result.type == address::kind::ipv6 ? "::" : "0.0.0.0");
  result.port = static_cast<std::uint16_t>(request.port);
  return result;
}

std::optional<wire::socket_name> to_wire(const std::optional<sys::bound_name>& name) {
  if (!name) return std::nullopt;
  return wire::socket_name{name->address, name->port, name->ipv6};
}

}  // namespace

void primary_state::on_message(const state_ptr& who, const boost::json::object& message) {
  const wire::cluster_message m = wire::parse_cluster_message(message);
  if (m.ack) return on_answer(who, m);
  auto facade = who->facade.lock();
  if (!facade) return;
  switch (m.what) {
    case wire::cluster_message::act::online:
      who->online->set({});
      online.call(*facade);
      break;
    case wire::cluster_message::act::query_server: on_query(who, m); break;
    case wire::cluster_message::act::listening: {
      const address where = address_of(m.request);
      who->listening->call(where);
      listening.call(*facade, where);
      break;
    }
    case wire::cluster_message::act::close:
      if (auto found = listeners_.find(m.key); found != listeners_.end()) found->second->retire(who->id);
      break;
    case wire::cluster_message::act::exited_after_disconnect:
      who->exited_after_disconnect = true;
      leave_listeners(*who, &listener_round_robin::retire);
      who->channel->link->send_text(wire::ack_text(next_seq_++, m.seq));
      break;
    default: break;  // Node ignores what it does not know, and so must every version of brood
  }
}

void primary_state::on_query(const state_ptr& who, const wire::cluster_message& query) {
  if (who->exited_after_disconnect || stopping_) return;  // as Node: a worker that goes gets no answer
  const std::string key = query.request.key();
  int error = 0;
  std::shared_ptr<listener_round_robin> listener;
  if (auto found = listeners_.find(key); found != listeners_.end()) {
    listener = found->second;
    // The same worker twice on one port: the second bind fails, as it would without a primary.
    if (listener->has(who->id)) error = EADDRINUSE;
  } else {
    listener = open_listener(query.request, error);
  }
  const auto reply = [&](const std::optional<wire::socket_name>& name, const boost::json::value& data) {
    who->channel->link->send_text(wire::listen_reply_text(next_seq_++, query.seq, key, error, name, data));
  };
  if (error != 0) return reply(std::nullopt, query.request.data);
  if (listener->shared_data.is_null()) listener->shared_data = query.request.data;
  reply(to_wire(listener->name()), listener->shared_data);
  listener->join(who->id);
}

std::shared_ptr<listener_round_robin> primary_state::open_listener(const wire::listen_request& request, int& error) {
  const int backlog =
      request.backlog > 0 && request.backlog <= 65'535 ? static_cast<int>(request.backlog) : default_backlog;
  const bool port_ok = request.port >= 0 && request.port <= 65'535;
  unique_fd socket;
  errno = EOPNOTSUPP;  // a datagram socket, or a descriptor of the primary's
  if (request.address_type == "-1" && request.address) {
    socket = sys::listen_unix(*request.address, backlog);
  } else if ((request.address_type == "4" || request.address_type == "6") && !request.fd && port_ok) {
    const bool ipv6_only = (request.flags & 1) != 0;
    socket = sys::listen_tcp(request.address, static_cast<std::uint16_t>(request.port), ipv6_only, backlog);
  }
  error = socket ? 0 : errno;
  if (!socket) return nullptr;
  auto listener = std::make_shared<listener_round_robin>(executor_, request.key(), std::move(socket));
  listener->on_hand_over([weak = weak_from_this(), from = std::weak_ptr(listener)](
                             int worker, const listener_round_robin::connection& fd) {
    auto self = weak.lock();
    auto source = from.lock();
    if (self && source) self->hand_over(worker, source, fd);
  });
  listeners_.emplace(listener->key(), listener);
  return listener;
}

void primary_state::hand_over(int id, const std::shared_ptr<listener_round_robin>& from,
                              const listener_round_robin::connection& fd) {
  auto found = states_.find(id);
  if (found == states_.end() || !found->second->channel->connected()) return;  // its end is about to be told
  const std::int64_t seq = next_seq_++;
  found->second->handovers.emplace(seq, from);
  // Not taken in four attempts: the worker lives but cannot receive it. If its channel closed instead, on_disconnected
  // gives back what was under way.
  auto outcome = [weak = std::weak_ptr(from), weak_who = std::weak_ptr(found->second), seq](bool taken) {
    auto listener = weak.lock();
    auto who = weak_who.lock();
    if (taken || !listener || !who || !who->channel->connected() || who->handovers.erase(seq) == 0) return;
    listener->answered(who->id, false);
  };
  found->second->channel->link->send_text(wire::new_connection_text(seq, from->key()), attachment::kind::native, fd,
                                          std::move(outcome));
}

void primary_state::on_answer(const state_ptr& who, const wire::cluster_message& answer) {
  auto found = who->handovers.find(*answer.ack);
  if (found == who->handovers.end()) return;
  auto listener = found->second.lock();
  who->handovers.erase(found);
  if (listener) listener->answered(who->id, answer.accepted.value_or(false));
}

void primary_state::leave_listeners(const worker_state& who, void (listener_round_robin::*how)(int)) {
  const auto all = listeners_;
  for (const auto& [key, listener] : all) ((*listener).*how)(who.id);
}

}  // namespace brood::cluster

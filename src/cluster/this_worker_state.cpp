#include "cluster/this_worker_state.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

namespace wire = brood::detail::wire;

/// No scheduling depends on the number of requests.
constexpr std::chrono::milliseconds unhurried{100};

}  // namespace

this_worker_state::this_worker_state(const asio::any_io_executor& ex, int number, worker_options o)
    : id(number),
      options(o),
      channel(std::make_shared<brood::detail::ipc::endpoint>(ex)),
      disconnecting(std::make_shared<brood::detail::one_shot_state<>>(ex)),
      traffic_(std::make_shared<traffic_meter>()),
      report_timer_(ex) {}

void this_worker_state::open(unique_fd channel_end) {
  auto weak = weak_from_this();
  hold = std::shared_ptr<void>(this, [weak, ex = channel->executor](void*) {
    if (weak.expired()) return;
    asio::post(ex, [weak] {
      if (auto self = weak.lock()) self->leave();
    });
  });
  any_hold = hold;
  channel->drop_unread = true;
  channel->internal_message = [weak](const boost::json::object& message, attachment handle) {
    if (auto self = weak.lock()) self->on_message(message, std::move(handle));
  };
  channel->disconnected->listen([weak](error_code) {
    if (auto self = weak.lock()) self->on_lost();
  });
  channel->open_inherited(std::move(channel_end));
  tell(wire::online_text(next_seq_++));
}

std::int64_t this_worker_state::ask(const std::function<std::string(std::int64_t)>& text, reply_function f) {
  const std::int64_t seq = next_seq_++;
  replies_.emplace(seq, std::move(f));
  tell(text(seq));
  return seq;
}

std::shared_ptr<std::int64_t> this_worker_state::number(wire::listen_request& request) {
  std::erase_if(indexes_, [](const auto& one) { return one.second.expired(); });
  auto& known = indexes_[request.key()];
  auto next = known.lock();
  if (!next) known = next = std::make_shared<std::int64_t>(0);
  request.index = (*next)++;
  return next;
}

std::shared_ptr<acceptor_state> this_worker_state::listen(wire::listen_request request) {
  if (!may_ask()) return refuse(std::move(request), errc::listener_closed);
  auto numbering = number(request);
  auto acceptor = std::make_shared<acceptor_state>(channel->executor, std::move(request), traffic_);
  acceptor->numbering = numbering;
  acceptor->owner = weak_from_this();
  const std::int64_t asked = ask([&](std::int64_t seq) { return wire::query_text(seq, acceptor->request); },
                                 [self = weak_from_this(), weak = std::weak_ptr(acceptor), numbering](
                                     const wire::cluster_message& reply, attachment& handle) {
                                   auto worker = self.lock();
                                   if (!worker) return;
                                   worker->asking_.erase(*reply.ack);
                                   auto which = weak.lock();
                                   if (which && !which->ended())
                                     return worker->on_listen_reply(*which, reply, handle.release());
                                   // It was closed in the meantime, but the primary still counts this worker for the
                                   // key.
                                   if (reply.error == 0) worker->tell(wire::close_text(worker->next_seq_++, reply.key));
                                 });
  asking_.emplace(asked, acceptor);
  return acceptor;
}

std::shared_ptr<acceptor_state> this_worker_state::refuse(wire::listen_request request, error_code why) {
  auto acceptor = std::make_shared<acceptor_state>(channel->executor, std::move(request), traffic_);
  asio::post(channel->executor, [acceptor, why] { acceptor->end(why, false); });
  return acceptor;
}

std::shared_ptr<acceptor_state> this_worker_state::listen_exclusive(wire::listen_request request) {
  auto acceptor = std::make_shared<acceptor_state>(channel->executor, std::move(request), traffic_);
  acceptor->owner = weak_from_this();
  const error_code ec = may_ask() ? acceptor->open_exclusive() : make_error_code(errc::listener_closed);
  if (ec) asio::post(channel->executor, [acceptor, ec] { acceptor->end(ec, false); });
  std::erase_if(exclusive_, [](const auto& one) { return one.expired(); });
  exclusive_.push_back(acceptor);
  return acceptor;
}

void this_worker_state::on_listen_reply(acceptor_state& which, const wire::cluster_message& reply, unique_fd socket) {
  if (reply.error != 0) return which.end({static_cast<int>(reply.error), boost::system::system_category()}, false);
  error_code ec;
  std::optional<asio::ip::tcp::endpoint> local;
  if (reply.sockname) local.emplace(asio::ip::make_address(reply.sockname->address, ec), reply.sockname->port);
  if (!local && which.request.address_type != "-1" && !which.request.fd) local.emplace();
  which.data = reply.data;
  if (ec || reply.key.empty()) return which.end(errc::bad_reply, false);
  // Node's primary (22 and later, SCHED_NONE) sends the same socket again: one port twice in one worker.
  if (acceptors_.contains(reply.key)) return which.end(asio::error::address_in_use, false);
  if (!socket) {
    which.open(reply.key, local);
  } else if (ec = which.open(reply.key, std::move(socket), reply.slot.has_value()); ec) {
    tell(wire::close_text(next_seq_++, reply.key));
    return which.end(ec, false);
  }
  acceptors_.emplace(reply.key, which.weak_from_this());
  if (reply.report_every) report_traffic(std::chrono::milliseconds(*reply.report_every));
  const bool is_path = which.request.address_type == "-1";
  const std::int64_t port = is_path ? which.request.port : which.local_endpoint().port();
  tell(wire::listening_text(next_seq_++, which.request, port));
  if (reply.slot && reply.counts_load) ask_for_loads(which, *reply.slot);
}

/// Reports at once, so that the primary knows that there are no connections before it learns that this worker listens.
/// Then whenever something changes.
void this_worker_state::report_traffic(std::chrono::milliseconds every) {
  const bool first = !report_every_;
  report_every_ = every;
  if (!first) return;
  tell_traffic();
  traffic_->on_change([weak = weak_from_this()](traffic_meter::change what) {
    if (auto self = weak.lock()) self->traffic_changed(what);
  });
}

void this_worker_state::traffic_changed(traffic_meter::change what) {
  auto later = [weak = weak_from_this()](error_code ec = {}) {
    auto self = weak.lock();
    if (!ec && self && self->channel->connected()) self->tell_traffic();
  };
  // Sent together with the other messages of this turn of the loop, and after them.
  const bool at_once = what == traffic_meter::change::connections && report_every_->count() == 0;
  if (at_once) return asio::post(channel->executor, [later] { later(); });
  if (std::exchange(report_is_due_, true)) return;
  report_timer_.expires_after(std::max(*report_every_, unhurried));
  report_timer_.async_wait(later);
}

void this_worker_state::tell_traffic() {
  report_is_due_ = false;
  report_timer_.cancel();
  tell(wire::traffic_text(next_seq_++, traffic_->report()));
}

void this_worker_state::ask_for_loads(acceptor_state& which, std::uint32_t slot) {
  ask([&](std::int64_t seq) { return wire::loads_text(seq, which.key); },
      [weak = which.weak_from_this(), slot](const wire::cluster_message&, attachment& handle) {
        auto acceptor = weak.lock();
        const unique_fd map = handle.release();
        if (!acceptor || !map || acceptor->ended()) return;
        if (brood::detail::sys::load_cell cell(map.get(), slot); cell) acceptor->count_in(std::move(cell));
      });
}

/// Including those without a reply yet: a primary sends no reply to a disconnecting worker, so they must not wait for
/// it.
void this_worker_state::end_acceptors(errc reason) {
  const auto open = std::exchange(acceptors_, {});
  const auto asking = std::exchange(asking_, {});
  for (const auto& [key, weak] : open) {
    tell(wire::close_text(next_seq_++, key, true));  // sent at the end of this turn of the loop
    if (auto acceptor = weak.lock()) acceptor->end(reason, true, hold);
  }
  for (const auto& [seq, weak] : asking) {
    if (auto acceptor = weak.lock()) acceptor->end(reason, false);
  }
  const auto exclusive = std::exchange(exclusive_, {});
  for (const auto& weak : exclusive) {
    if (auto acceptor = weak.lock()) acceptor->end(reason, true, hold);
  }
  end_datagrams(reason);
}

void this_worker_state::close_acceptor(acceptor_state& which) {
  if (acceptors_.erase(which.key) != 0) tell(wire::close_text(next_seq_++, which.key));
}

void this_worker_state::on_message(const boost::json::object& message, attachment handle) {
  const wire::cluster_message m = wire::parse_cluster_message(message);
  if (m.ack) {
    auto found = replies_.find(*m.ack);
    if (found == replies_.end()) return;
    auto reply = std::move(found->second);
    replies_.erase(found);
    return reply(m, handle);
  }
  if (m.what == wire::cluster_message::act::new_connection) return on_connection(m, std::move(handle));
  if (m.what == wire::cluster_message::act::disconnect) return disconnect(false);
  if (m.what == wire::cluster_message::act::new_data) {
    const auto found = acceptors_.find(m.key);
    if (const auto acceptor = found != acceptors_.end() ? found->second.lock() : nullptr) acceptor->renew(m.data);
  }
}

/// The connection is delivered after the reply was sent. Until then it belongs to the primary: if this worker exits, it
/// goes to another worker, which would wait for a request that this one had read.
///
///     this worker                     primary                     another worker
///     recv "GET /"
///     killed                         no reply, so it is given ──▶ waits for "GET /", for ever
///
/// After the reply it belongs to this worker. If the reply cannot be sent, the primary is gone and no other worker has
/// the connection.
void this_worker_state::on_connection(const wire::cluster_message& m, attachment handle) {
  unique_fd fd = handle.release();
  auto found = acceptors_.find(m.key);
  auto acceptor = found != acceptors_.end() ? found->second.lock() : nullptr;
  const bool taken = fd && acceptor && acceptor->take(fd);
  tell(wire::accepted_text(next_seq_++, m.seq, taken));
  if (taken) channel->link->when_left([acceptor](error_code) { acceptor->give_taken(); });
}

void this_worker_state::disconnect(bool own) {
  if (std::exchange(exited_after_disconnect, true)) return;
  own_wish_ = own;
  auto self = shared_from_this();
  end_acceptors(errc::listener_closed);
  disconnecting->set({});
  hold.reset();
}

/// Nothing holds the worker any more: notifies the primary, if it does not know yet, and closes the channel.
void this_worker_state::leave() {
  if (!channel->connected()) return;
  if (report_every_) tell_traffic();
  if (!own_wish_) return channel->disconnect();
  ask(wire::exited_after_disconnect_text, [self = weak_from_this()](const wire::cluster_message&, attachment&) {
    if (auto worker = self.lock()) worker->channel->disconnect();
  });
}

void this_worker_state::on_lost() {
  end_acceptors(errc::channel_closed);
  disconnecting->fail(asio::error::operation_aborted);
  replies_.clear();
  report_timer_.cancel();
  if (exited_after_disconnect || !options.exit_when_lost) return;
  // Node's rule, which keeps workers from outliving their primary. Posted, so that the program's own listeners of
  // `disconnected` run first. _Exit, because other threads may be using objects that exit() would destroy.
  asio::post(channel->executor, [] {
    std::fflush(nullptr);
    std::_Exit(EXIT_SUCCESS);
  });
}

}  // namespace brood::cluster::detail

#include "cluster/datagram_state.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "cluster/this_worker_state.hpp"
#include "sys/calls.hpp"
#include "sys/listen.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;
namespace wire = brood::detail::wire;

datagram_state::datagram_state(const asio::any_io_executor& ex, wire::listen_request what)
    : request(std::move(what)),
      socket(ex),
      bound(std::make_shared<brood::detail::one_shot_state<udp::endpoint>>(ex)),
      closed(std::make_shared<brood::detail::one_shot_state<error_code>>(ex)) {}

/// As with TCP, Node's primary may send a socket that is bound to nothing if the port was in use.
error_code datagram_state::open(std::string name, unique_fd fd) {
  const auto at = sys::name_of(fd.get());
  if (!at || at->port == 0 || (request.port > 0 && request.port != at->port)) return asio::error::address_in_use;
  error_code ec;
  local = {asio::ip::make_address(at->address, ec), at->port};
  if (!ec) socket.assign(local.protocol(), fd.get(), ec);
  if (ec) return ec;
  static_cast<void>(fd.release());
  socket.non_blocking(true, ec);
  key = std::move(name);
  asio::post(socket.get_executor(), [self = shared_from_this()] {
    if (!self->ended_) self->bound->set({}, self->local);
  });
  return {};
}

void datagram_state::end(error_code reason) {
  if (ended_) return;
  ended_ = reason;
  numbering.reset();
  error_code ignored;
  socket.close(ignored);
  asio::post(socket.get_executor(), [self = shared_from_this()] {
    if (!self->bound->happened()) self->bound->set(self->ended_, udp::endpoint());
    self->closed->set({}, self->ended_);
  });
}

// ---- the worker's part

std::shared_ptr<datagram_state> this_worker_state::bind(wire::listen_request request, bool exclusive) {
  std::shared_ptr<std::int64_t> numbering;
  if (!exclusive) numbering = number(request);
  auto port = std::make_shared<datagram_state>(channel->executor, std::move(request));
  port->numbering = numbering;
  port->owner = weak_from_this();
  std::erase_if(datagrams_, [](const auto& one) { return one.expired(); });
  datagrams_.push_back(port);
  if (!may_ask()) {
    port->end(errc::listener_closed);
  } else if (exclusive) {
    const auto& r = port->request;
    unique_fd fd = sys::bind_udp(r.address, static_cast<std::uint16_t>(r.port), (r.flags & 1) != 0, (r.flags & 4) != 0);
    if (error_code ec = fd ? port->open("", std::move(fd)) : sys::last_error()) port->end(ec);
  } else {
    ask([&](std::int64_t seq) { return wire::query_text(seq, port->request); },
        [self = weak_from_this(), weak = std::weak_ptr(port), numbering](const wire::cluster_message& reply,
                                                                         attachment& handle) {
          auto worker = self.lock();
          if (!worker) return;
          auto which = weak.lock();
          if (which && !which->ended()) return worker->on_bind_reply(*which, reply, handle.release());
          // It was closed in the meantime, but the primary still counts this worker for the key.
          if (reply.error == 0) worker->tell(wire::close_text(worker->next_seq_++, reply.key));
        });
  }
  return port;
}

void this_worker_state::on_bind_reply(datagram_state& which, const wire::cluster_message& reply, unique_fd socket) {
  if (reply.error != 0) return which.end({static_cast<int>(reply.error), boost::system::system_category()});
  if (reply.key.empty() || !socket) return which.end(errc::bad_reply);
  if (error_code ec = which.open(reply.key, std::move(socket))) {
    tell(wire::close_text(next_seq_++, reply.key));
    return which.end(ec);
  }
  tell(wire::listening_text(next_seq_++, which.request, which.local.port()));
}

void this_worker_state::close_datagrams(datagram_state& which, bool leaving) {
  if (!which.key.empty() && !which.ended()) tell(wire::close_text(next_seq_++, which.key, leaving));
}

void this_worker_state::end_datagrams(errc reason) {
  const auto all = std::exchange(datagrams_, {});
  for (const auto& weak : all) {
    auto port = weak.lock();
    if (!port) continue;
    close_datagrams(*port, true);
    port->end(reason);
  }
}

}  // namespace brood::cluster::detail

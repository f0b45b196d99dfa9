#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "cluster/acceptor_state.hpp"
#include "cluster/requested_address.hpp"
#include "sys/calls.hpp"
#include "sys/listen.hpp"

// The start of listening of an acceptor.

namespace brood::cluster::detail {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;

void acceptor_state::open(std::string name, const std::optional<tcp::endpoint>& at) {
  key = std::move(name);
  opened_at(at);
}

/// If the port is in use, Node's primary does not report it: it binds late, and sends a socket that is bound to
/// nothing, or to another port.
error_code acceptor_state::open(std::string name, unique_fd socket, bool own_queue) {
  const auto bound = sys::name_of(socket.get());
  std::optional<tcp::endpoint> at;
  if (bound) {
    if (bound->port == 0 || (request.port > 0 && request.port != bound->port)) return asio::error::address_in_use;
    error_code ec;
    at.emplace(asio::ip::make_address(bound->address, ec), bound->port);
    if (ec) return ec;
  } else if (path_ = sys::path_of(socket.get()); path_.empty()) {
    return asio::error::address_in_use;
  }
  if (!sys::is_listening(socket.get()) && sys::listen(socket.get(), requested_backlog(request)) == -1)
    return sys::last_error();
  if (sys::set_nonblocking(socket.get()) == -1) return sys::last_error();
  key = std::move(name);
  own_queue_ = own_queue;
  socket_.emplace(executor(), std::move(socket));
  opened_at(at);
  wait();
  return {};
}

error_code acceptor_state::open_exclusive() {
  unique_fd socket;
  if (request.address_type == "-1") {
    socket = sys::listen_unix(*request.address, requested_backlog(request), file_);
    if (socket) sys::allow_all(file_, request.readable_all, request.writable_all);
  } else {
    socket = sys::listen_tcp(request.address, static_cast<std::uint16_t>(request.port), (request.flags & 1) != 0,
                             requested_backlog(request));
  }
  return socket ? open("", std::move(socket), true) : sys::last_error();
}

void acceptor_state::opened_at(const std::optional<tcp::endpoint>& at) {
  is_path_ = !at;
  if (at) local_ = *at;
  // The address family of a descriptor of the primary is known only now. Accepts of the wrong type fail.
  while (*is_path_ && !accepting_.empty()) {
    accepting_.complete_one(asio::error::operation_not_supported, tcp::socket(executor()));
  }
  while (!*is_path_ && !accepting_local_.empty()) {
    accepting_local_.complete_one(asio::error::operation_not_supported, local::socket(executor()));
  }
  tell_listening();
}

address acceptor_state::where() const {
  address at = requested_address(request);
  if (is_path_.value_or(false)) {
    // The primary may have bound it by a relative path, which is relative to the primary's directory.
    if (request.fd) at = {address::kind::path, path_, 0};
  } else if (local_.port() != 0) {
    at = {local_.address().is_v6() ? address::kind::ipv6 : address::kind::ipv4, local_.address().to_string(),
          local_.port()};
  }
  return at;
}

/// Posted, like all events, because the caller must update its own state first.
void acceptor_state::tell_listening() {
  asio::post(executor(), [self = shared_from_this()] {
    if (!self->ended_) self->listening->set({}, self->local_);
  });
}

}  // namespace brood::cluster::detail

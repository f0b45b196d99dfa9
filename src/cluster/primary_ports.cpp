#include <sys/un.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <filesystem>
#include <limits>

#include "cluster/choosing.hpp"
#include "cluster/listener_central.hpp"
#include "cluster/listener_datagrams.hpp"
#include "cluster/listener_shared.hpp"
#include "cluster/listener_slots.hpp"
#include "cluster/primary_state.hpp"
#include "cluster/requested_address.hpp"
#include "sys/calls.hpp"

// The ports of the primary, which are opened when the first worker asks for them, or adopted.

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;
namespace wire = brood::detail::wire;

constexpr std::int64_t ipv6_only_flag = 1;
constexpr std::int64_t reuse_address_flag = 4;

bool is_path(const wire::listen_request& r) { return r.address_type == "-1" && r.address; }
bool is_udp(const wire::listen_request& r) { return r.address_type == "udp4" || r.address_type == "udp6"; }
bool has_descriptor(const wire::listen_request& r) { return r.fd && *r.fd >= 0; }
bool is_port(const wire::listen_request& r) { return r.port >= 0 && r.port <= 65'535; }
bool is_tcp(const wire::listen_request& r) {
  return (r.address_type == "4" || r.address_type == "6") && !has_descriptor(r) && is_port(r);
}

/// Whether `socket` is bound to the requested address. A request without an address accepts any, at the right port.
bool is_at(int socket, const wire::listen_request& r) {
  if (sys::is_datagram(socket) != is_udp(r)) return false;
  if (is_path(r)) return sys::path_of(socket) == *r.address;
  const auto name = sys::name_of(socket);
  if (!name || name->port == 0 || name->port != r.port) return false;
  error_code ec;
  return !r.address || asio::ip::make_address(*r.address, ec) == asio::ip::make_address(name->address, ec);
}

address bound_address(int socket) {
  const auto name = sys::name_of(socket);
  if (!name) return {address::kind::path, sys::path_of(socket), 0};
  return {name->ipv6 ? address::kind::ipv6 : address::kind::ipv4, name->address, name->port};
}

/// Workers send absolute paths. The path of a Unix socket is limited to 107 bytes, and a relative one may fit.
std::string path_that_fits(const std::string& path) {
  if (path.size() < sizeof sockaddr_un::sun_path) return path;
  const auto from_here = std::filesystem::path(path).lexically_relative(std::filesystem::current_path()).string();
  return !from_here.empty() && from_here.size() < path.size() ? from_here : path;
}

unique_fd open_path(const wire::listen_request& r, sys::socket_file& file) {
  unique_fd socket = sys::listen_unix(path_that_fits(*r.address), requested_backlog(r), file);
  if (socket) sys::allow_all(file, r.readable_all, r.writable_all);
  return socket;
}

}  // namespace

boost::system::result<primary_state::listener_ptr> primary_state::open_listener(const wire::listen_request& request) {
  auto made = make_listener(request);
  if (!made) return made;
  (*made)->start([weak = weak_from_this(), from = std::weak_ptr(*made)](int worker, const dispatcher::connection& fd) {
    auto self = weak.lock();
    auto source = from.lock();
    if (self && source) self->hand_over(worker, source, fd);
  });
  listeners_.emplace((*made)->key(), *made);
  return made;
}

boost::system::result<primary_state::listener_ptr> primary_state::make_listener(const wire::listen_request& request) {
  if (is_udp(request)) {
    if (auto made = make_datagrams(request)) return made;
    return sys::last_error();
  }
  unique_fd socket = find_socket(request);
  if (!socket && errno != 0) return sys::last_error();
  const bool borrowed = static_cast<bool>(socket);
  const bool in_kernel =
      scheduling() == scheduling::kernel_round_robin || scheduling() == scheduling::kernel_least_loaded;
  if (!borrowed && is_tcp(request) && in_kernel) {
    error_code ec;
    if (auto made = make_slots(request, ec)) return made;
    if (ec) return ec;
  }
  sys::socket_file file;
  if (!borrowed) errno = EINVAL;
  if (!borrowed && is_path(request)) {
    socket = open_path(request, file);
  } else if (!borrowed && is_tcp(request)) {
    const bool ipv6_only = (request.flags & ipv6_only_flag) != 0;
    socket = sys::listen_tcp(request.address, static_cast<std::uint16_t>(request.port), ipv6_only,
                             requested_backlog(request));
  }
  if (!socket) return sys::last_error();
  listener_ptr made;
  if (scheduling() == scheduling::shared) {
    made = std::make_shared<listener_shared>(executor_, request, std::move(socket));
  } else {
    auto policy = make_policy(request, socket.get());
    made = std::make_shared<listener_central>(executor_, request, std::move(socket), std::move(policy));
  }
  made->own(std::move(file));
  if (borrowed) made->borrowed();
  return made;
}

primary_state::listener_ptr primary_state::make_slots(const wire::listen_request& request, error_code& ec) {
  const auto rule = scheduling() == scheduling::kernel_least_loaded ? sys::steering::rule::least_loaded
                                                                    : sys::steering::rule::round_robin;
  bool not_allowed = false;
  auto made = listener_slots::open(executor_, request, rule, requested_backlog(request), not_allowed);
  if (made) return *made;
  if (!not_allowed) {
    ec = made.error();
    return nullptr;
  }
  log(log_level::warning, "cluster: " + to_string(requested_address(request)) +
                              " uses round_robin, because the kernel refused: " + made.error().message());
  return nullptr;
}

primary_state::listener_ptr primary_state::make_datagrams(const wire::listen_request& request) {
  unique_fd socket = find_socket(request);
  if (!socket && errno != 0) return nullptr;
  if (!socket) {
    errno = EINVAL;
    if (!is_port(request)) return nullptr;
    const std::string any = request.address_type == "udp6" ? "::" : "0.0.0.0";
    socket = sys::bind_udp(request.address.value_or(any), static_cast<std::uint16_t>(request.port),
                           (request.flags & ipv6_only_flag) != 0, (request.flags & reuse_address_flag) != 0);
  }
  if (!socket) return nullptr;
  return std::make_shared<listener_datagrams>(executor_, request, std::move(socket));
}

std::unique_ptr<dispatcher::assignment> primary_state::make_policy(const wire::listen_request& request, int socket) {
  if (!settings_.choose) return dispatcher::in_turn();
  address where = has_descriptor(request) ? bound_address(socket) : requested_address(request);
  if (const auto name = sys::name_of(socket)) where.port = name->port;
  auto look = [weak = weak_from_this()](int worker) {
    auto self = weak.lock();
    return self ? self->look_up(worker) : candidate{.id = worker};
  };
  return make_choosing({executor_, settings_.choose, std::move(look), settings_.log}, std::move(where));
}

unique_fd primary_state::find_socket(const wire::listen_request& request) const {
  int which = -1;
  if (has_descriptor(request)) {
    which = *request.fd <= std::numeric_limits<int>::max() ? static_cast<int>(*request.fd) : -1;
    // A worker may name any number: a descriptor that is not a port must not be shared.
    if (!sys::is_port(which) || sys::is_datagram(which) != is_udp(request)) {
      errno = sys::is_open(which) == -1 ? EBADF : EINVAL;
      return {};
    }
  } else {
    const auto found =
        std::find_if(adopted_.begin(), adopted_.end(), [&](const unique_fd& one) { return is_at(one.get(), request); });
    errno = 0;
    if (found == adopted_.end()) return {};
    which = found->get();
  }
  unique_fd copy(sys::duplicate(which));
  if (!copy || sys::set_nonblocking(copy.get()) == -1) return {};
  const bool listens = is_udp(request) || sys::is_listening(copy.get());
  if (!listens && sys::listen(copy.get(), requested_backlog(request)) == -1) return {};
  return copy;
}

address primary_state::adopt(unique_fd socket) {
  if (!sys::is_port(socket.get())) {
    const int reason = sys::is_open(socket.get()) == -1 ? EBADF : EINVAL;
    throw boost::system::system_error(reason, boost::system::system_category(), "cluster: adopt");
  }
  sys::set_close_on_exec(socket.get());
  const address where = bound_address(socket.get());
  adopted_.push_back(std::move(socket));
  return where;
}

}  // namespace brood::cluster::detail

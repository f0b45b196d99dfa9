#include "cluster/listener_slots.hpp"

#include <algorithm>
#include <cerrno>

#include "sys/calls.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;

boost::system::result<std::shared_ptr<listener>> listener_slots::open(
    const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request, sys::steering::rule rule,
    int backlog, bool& not_allowed) {
  not_allowed = true;
  auto steering = sys::steering::make(rule);
  if (!steering) return steering.error();
  not_allowed = false;
  const bool ipv6_only = (request.flags & 1) != 0;
  unique_fd first = sys::bind_tcp(request.address, static_cast<std::uint16_t>(request.port), ipv6_only);
  if (!first || sys::let_share(first.get()) == -1) return sys::last_error();
  // Before it listens, because otherwise the kernel would distribute by its own rule for a moment.
  not_allowed = steering->attach(first.get()) == -1;
  if (not_allowed || sys::listen(first.get(), backlog) == -1) return sys::last_error();
  not_allowed = steering->place(0, first.get()) == -1;
  if (not_allowed) return sys::last_error();
  return std::make_shared<listener_slots>(ex, request, std::move(*steering), std::move(first), backlog);
}

listener_slots::listener_slots(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                               sys::steering steering, unique_fd first, int backlog)
    : listener(ex, request, first.get()),
      steering_(std::move(steering)),
      loads_(std::make_shared<const unique_fd>(sys::duplicate(steering_.loads_map()))),
      backlog_(backlog) {
  slots_.push_back({.socket = std::make_shared<const unique_fd>(std::move(first))});
}

listener_slots::slot* listener_slots::find(int worker) {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const slot& s) { return s.worker == worker; });
  return found != slots_.end() ? &*found : nullptr;
}

bool listener_slots::has(int worker) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const slot& s) { return s.worker == worker && !s.leaving; });
}

boost::system::result<listener::share> listener_slots::admit(int worker) {
  // The worker listens again before its old slot was returned.
  if (slot* old = find(worker)) vacate(*old);
  auto got = free_slot();
  if (!got) return got.error();
  slot& mine = **got;
  mine.worker = worker;
  const auto number = static_cast<std::uint32_t>(&mine - slots_.data());
  steering_.forget_load(number);
  return share{.socket = mine.socket, .slot = number};
}

boost::system::result<listener_slots::slot*> listener_slots::free_slot() {
  if (slot* left = find(0)) return left;
  if (slots_.size() == sys::steering::max_slots) return error_code(ENOSPC, boost::system::system_category());
  unique_fd fd = sys::bind_beside(slots_.front().socket->get());
  if (!fd || sys::listen(fd.get(), backlog_) == -1) return sys::last_error();
  if (steering_.place(static_cast<std::uint32_t>(slots_.size()), fd.get()) == -1) return sys::last_error();
  slots_.push_back({.socket = std::make_shared<const unique_fd>(std::move(fd))});
  return &slots_.back();
}

void listener_slots::listening(int worker) {
  slot* mine = find(worker);
  if (mine == nullptr || mine->serving || mine->leaving) return;
  mine->serving = true;
  if (mine->rescue) mine->rescue->close();
  mine->rescue.reset();
  rotate();
  dispatcher_->join(worker);
}

void listener_slots::retire(int worker) {
  if (slot* mine = find(worker)) {
    mine->leaving = true;
    mine->serving = false;
    rotate();
  }
  dispatcher_->retire(worker);
}

void listener_slots::released(int worker) {
  if (slot* mine = find(worker)) vacate(*mine);
  dispatcher_->retire(worker);
}

/// The worker may resume and accept as well: each connection is still accepted by exactly one process.
void listener_slots::suspend(int worker) {
  retire(worker);
  if (slot* mine = find(worker)) rescue(*mine);
}

void listener_slots::remove(int worker) {
  if (slot* mine = find(worker)) vacate(*mine);
  dispatcher_->remove(worker);
}

/// Out of the rotation first, so that the queue does not grow during the rescue.
void listener_slots::vacate(slot& which) {
  which.worker = 0;
  which.serving = which.leaving = false;
  rotate();
  rescue(which);
}

void listener_slots::rescue(slot& which) {
  if (!which.socket || which.rescue) return;
  // A copy, so that the loop watches it only during the rescue; otherwise it would wake up for every connection.
  which.rescue = std::make_shared<intake>(dispatcher_, unique_fd(sys::duplicate(which.socket->get())));
  which.rescue->go_on();
}

void listener_slots::rotate() {
  std::vector<std::uint32_t> serving;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].serving) serving.push_back(static_cast<std::uint32_t>(i));
  }
  steering_.rotate(serving);
}

void listener_slots::go_on() {
  for (auto& one : slots_) {
    if (one.rescue) one.rescue->go_on();
  }
}

void listener_slots::take_all() {
  for (auto& one : slots_) sys::refuse_connections(one.socket->get());
  for (auto& one : slots_) {
    rescue(one);
    one.rescue->finish();
  }
}

bool listener_slots::all_taken() const {
  return std::none_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.rescue && s.rescue->is_open(); });
}

void listener_slots::stop_sockets() {
  for (const auto& one : slots_) sys::shut_down(one.socket->get());
}

void listener_slots::close_sockets() {
  for (auto& one : slots_) {
    if (one.rescue) one.rescue->close();
    one.socket.reset();
  }
}

}  // namespace brood::cluster::detail

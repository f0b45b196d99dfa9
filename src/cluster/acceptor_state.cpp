#include "cluster/acceptor_state.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "sys/calls.hpp"
#include "sys/listen.hpp"

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;

using namespace std::chrono_literals;

/// The maximum number of connections from the primary that wait for the program to accept them. Further ones are
/// refused, and the primary gives them to another worker.
constexpr std::size_t max_unaccepted = 128;
/// The number of connections accepted from the own socket in one turn; then open connections are served.
constexpr std::size_t batch_size = 64;

}  // namespace

acceptor_state::acceptor_state(const asio::any_io_executor& ex, brood::detail::wire::listen_request what,
                               std::shared_ptr<traffic_meter> traffic)
    : request(std::move(what)),
      listening(std::make_shared<brood::detail::one_shot_state<tcp::endpoint>>(ex)),
      closed(std::make_shared<brood::detail::one_shot_state<error_code>>(ex)),
      traffic_(std::move(traffic)),
      accepting_(ex),
      accepting_local_(ex),
      timer_(ex) {
  if (!request.fd) is_path_ = request.address_type == "-1";
}

acceptor_state::~acceptor_state() { traffic_->gone(this); }

void acceptor_state::end(error_code reason, bool take_rest, std::shared_ptr<void> worker) {
  if (ended_) return;
  worker_ = std::move(worker);
  auto self = shared_from_this();
  while (!taken_.empty()) give_taken();  // the primary relies on this worker for them
  if (take_rest && own_queue_) take_queue();
  if (ended_) return;  // the program closed it while it received the rest
  ended_ = reason;
  numbering.reset();
  cell_ = {};  // its slot may belong to another worker from now on
  if (socket_) socket_->close();
  timer_.cancel();
  sys::remove(std::exchange(file_, {}));
  end_accepting(reason);
  if (!listening->happened()) listening->set(reason, tcp::endpoint());
  tell_closed();
}

void acceptor_state::end_accepting(error_code reason) {
  while (!accepting_.empty()) accepting_.complete_one(reason, tcp::socket(executor()));
  while (!accepting_local_.empty()) accepting_local_.complete_one(reason, local::socket(executor()));
}

/// Their clients are connected, so this worker must serve them. No others follow: the primary has removed the socket
/// from the rotation.
void acceptor_state::take_queue() {
  std::array<unique_fd, batch_size> batch;
  while (socket_->is_open()) {
    const auto some = std::span(batch).first(accept_some(batch));
    if (some.empty()) return;
    give_out(some);
    for (auto& left : batch) left.reset();
  }
}

bool acceptor_state::take(unique_fd& fd) {
  if (ended_) return false;
  const bool wanted = serve_ || !nobody_accepts();
  if (!wanted && arrived_.size() + taken_.size() >= max_unaccepted) return false;
  taken_.push_back(std::move(fd));
  traffic_->taken(+1);
  return true;
}

void acceptor_state::give_taken() {
  if (taken_.empty()) return;
  unique_fd fd = std::move(taken_.front());
  taken_.pop_front();
  traffic_->taken(-1);
  give_out(std::span(&fd, 1));
}

void acceptor_state::drop() {
  traffic_->taken(-static_cast<int>(taken_.size()));
  taken_.clear();
  arrived_.clear();
  worker_.reset();
  serve_ = nullptr;
  on_shared_data = nullptr;
  on_exhausted = nullptr;
  listening->forget_program();
  closed->forget_program();
}

void acceptor_state::complete_one(unique_fd fd) {
  error_code ec;
  if (!accepting_local_.empty()) {
    auto socket = adopt(local(), std::move(fd), ec);
    return accepting_local_.complete_one(ec, std::move(socket));
  }
  auto socket = adopt(local_.protocol(), std::move(fd), ec);
  accepting_.complete_one(ec, std::move(socket));
}

template <class Socket>
void acceptor_state::accept_into(brood::detail::waiters<Socket>& list,
                                 typename brood::detail::waiters<Socket>::handler h, bool is_tcp) {
  if (is_path_ && *is_path_ == is_tcp) {
    return list.post(std::move(h), asio::error::operation_not_supported, Socket(executor()));
  }
  if (!arrived_.empty()) {
    list.add(std::move(h));
    unique_fd fd = std::move(arrived_.front());
    arrived_.pop_front();
    complete_one(std::move(fd));
    tell_closed();
  } else if (ended_) {
    list.post(std::move(h), ended_, Socket(executor()));
  } else {
    list.add(std::move(h));
    wait();
  }
}

template void acceptor_state::accept_into(brood::detail::waiters<tcp::socket>&, handler, bool);
template void acceptor_state::accept_into(brood::detail::waiters<local::socket>&, local_handler, bool);

void acceptor_state::serve(acceptor::batch_handler f) {
  serve_ = std::move(f);
  if (arrived_.empty()) return wait();
  give_arrived_later();
}

/// From the loop, because a function of the program is never called inside a call of the program.
void acceptor_state::give_arrived_later() {
  asio::post(executor(), [self = shared_from_this()] {
    auto early = std::exchange(self->arrived_, {});
    for (auto& fd : early) self->give_out(std::span(&fd, 1));
    self->tell_closed();
    self->wait();
  });
}

void acceptor_state::wait() {
  const bool wanted = serve_ || !nobody_accepts();
  if (waiting_ || pausing_ || !wanted || !socket_ || !socket_->is_open()) return;
  waiting_ = true;
  socket_->wait(brood::detail::loop::descriptor::wait_type::wait_read, [weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    if (!ec && !self->ended_) self->accept_waiting();
  });
}

void acceptor_state::accept_waiting() {
  // This call saves time, because accept(2) creates a socket and a file before it finds an empty queue: a failing call
  // costs more than a successful one. At least one, because otherwise no progress would be made.
  const std::size_t there = std::clamp<std::size_t>(sys::waiting_to_be_accepted(socket()), 1, batch_size);
  std::size_t taken = 0;
  if (serve_) {
    std::array<unique_fd, batch_size> batch;
    taken = accept_some(std::span(batch).first(there));
    if (taken != 0) give_out(std::span(batch).first(taken));
  } else {
    for (unique_fd fd; taken < there && !nobody_accepts() && accept_some({&fd, 1}) == 1; ++taken) {
      complete_one(std::move(fd));
    }
  }
  if (exhausted_) return pause();
  wait();
}

std::size_t acceptor_state::accept_some(std::span<unique_fd> into) {
  exhausted_ = false;
  std::size_t count = 0;
  while (count < into.size() && socket() >= 0) {
    unique_fd fd(sys::accept(socket()));
    if (fd) {
      into[count++] = std::move(fd);
      continue;
    }
    exhausted_ = !sys::would_block();
    break;
  }
  accepted_ += count;
  if (count != 0) traffic_->accepted(count);
  queue_seen_ = queue_seen_ || count < batch_size;
  return count;
}

void acceptor_state::give_out(std::span<unique_fd> batch) {
  auto self = shared_from_this();
  if (serve_ && brood::detail::loop_entry::in_call()) {
    for (auto& fd : batch) arrived_.push_back(std::move(fd));
    return give_arrived_later();
  }
  // A copy, because the program may close this acceptor during the call.
  if (const auto f = serve_) return brood::detail::call_listener(executor(), [&] { f(batch); });
  for (auto& fd : batch) {
    if (nobody_accepts()) {
      arrived_.push_back(std::move(fd));
    } else {
      complete_one(std::move(fd));
    }
  }
}

/// Without descriptors or memory the accept queue stays readable, so an immediate retry would spin.
void acceptor_state::pause() {
  if (std::exchange(pausing_, true)) return;
  if (const auto f = on_exhausted) f();
  if (ended_) return;
  timer_.expires_after(100ms);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->pausing_ = false;
    if (!ec && !self->ended_) self->wait();
  });
}

void acceptor_state::tell_closed() {
  if (!ended_ || !arrived_.empty() || closed->happened()) return;
  asio::post(executor(), [self = shared_from_this()] {
    self->closed->set({}, self->ended_);
    self->worker_.reset();
  });
}

template <class Protocol>
typename Protocol::socket acceptor_state::adopt(const Protocol& protocol, unique_fd fd, error_code& ec) {
  typename Protocol::socket socket(executor());
  socket.assign(protocol, fd.get(), ec);
  if (!ec) static_cast<void>(fd.release());
  return socket;
}

void acceptor_state::count_in(sys::load_cell cell) {
  cell_ = std::move(cell);
  if (told_) cell_.set(static_cast<std::int32_t>(*told_));
}

/// The kernel has counted the connections accepted since the last report, and those in the queue. Whenever the queue
/// was empty, the counter is set again: handshakes that were never completed may have made it wrong.
void acceptor_state::set_load(std::size_t open) noexcept {
  if (cell_ && (!told_ || std::exchange(queue_seen_, false))) {
    cell_.set(static_cast<std::int32_t>(open));
  } else if (cell_) {
    cell_.add(static_cast<std::int32_t>(open) - static_cast<std::int32_t>(*told_ + accepted_));
  }
  traffic_->open(this, open);
  told_ = open;
  accepted_ = 0;
}

}  // namespace brood::cluster::detail

#include "cluster/acceptor_state.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "sys/calls.hpp"
#include "sys/listen.hpp"

namespace brood::cluster {
namespace {

using namespace std::chrono_literals;

/// Connections from the primary that wait for the program to accept them. Beyond that they are refused, and the primary
/// gives them to another worker.
constexpr std::size_t most_waiting = 128;
/// Taken from our own socket in one go; then those already open get their turn.
constexpr std::size_t batch_size = 64;
constexpr int default_backlog = 511;  // as Node

}  // namespace

acceptor_state::acceptor_state(const asio::any_io_executor& ex, wire::listen_request what)
    : request(std::move(what)),
      listening(std::make_shared<detail::milestone_state<tcp::endpoint>>(ex)),
      closed(std::make_shared<detail::milestone_state<error_code>>(ex)),
      accepting_(ex),
      timer_(ex) {}

void acceptor_state::open(std::string name, const tcp::endpoint& local) {
  key = std::move(name);
  local_ = local;
  tell_listening();
}

/// Node's primary binds late and only then learns that the port is in use, which it does not tell: it sends a socket
/// that is bound to nothing, or to another port.
error_code acceptor_state::open(std::string name, unique_fd socket, bool own_queue) {
  const auto bound = sys::name_of(socket.get());
  if (!bound || bound->port == 0 || (request.port > 0 && request.port != bound->port)) {
    return asio::error::address_in_use;
  }
  error_code ec;
  const auto address = asio::ip::make_address(bound->address, ec);
  if (ec) return ec;
  if (!sys::is_listening(socket.get()) && sys::listen(socket.get(), default_backlog) == -1) return sys::last_error();
  if (sys::set_nonblocking(socket.get()) == -1) return sys::last_error();
  key = std::move(name);
  own_queue_ = own_queue;
  local_ = {address, bound->port};
  socket_.emplace(executor(), std::move(socket));
  tell_listening();
  wait();
  return {};
}

/// Posted, as all that is told: the caller has things to put in order first.
void acceptor_state::tell_listening() {
  asio::post(executor(), [self = shared_from_this()] {
    if (!self->ended_) self->listening->set({}, self->local_);
  });
}

void acceptor_state::end(error_code reason, bool take_rest) {
  if (ended_) return;
  auto self = shared_from_this();
  if (take_rest && own_queue_) take_queue();
  if (ended_) return;  // the program closed it when it was given the rest
  ended_ = reason;
  if (socket_) socket_->close();
  timer_.cancel();
  while (!accepting_.empty()) accepting_.complete_one(reason, tcp::socket(executor()));
  if (!listening->reached()) listening->set(reason, tcp::endpoint());
  tell_closed();
}

/// Their clients have connected, so they are ours to serve. Nothing comes after them: the primary has seen to that.
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
  if (serve_) {
    give_out(std::span(&fd, 1));
    fd.reset();
    return true;
  }
  if (accepting_.empty() && arrived_.size() >= most_waiting) return false;
  if (accepting_.empty()) {
    arrived_.push_back(std::move(fd));
  } else {
    complete_one(std::move(fd));
  }
  return true;
}

void acceptor_state::complete_one(unique_fd fd) {
  error_code ec;
  auto socket = adopt(std::move(fd), ec);
  accepting_.complete_one(ec, std::move(socket));
}

void acceptor_state::accept(handler h) {
  if (!arrived_.empty()) {
    unique_fd fd = std::move(arrived_.front());
    arrived_.pop_front();
    error_code ec;
    auto socket = adopt(std::move(fd), ec);
    accepting_.post(std::move(h), ec, std::move(socket));
    tell_closed();
  } else if (ended_) {
    accepting_.post(std::move(h), ended_, tcp::socket(executor()));
  } else {
    accepting_.add(std::move(h));
    wait();
  }
}

void acceptor_state::serve(acceptor::batch_handler f) {
  serve_ = std::move(f);
  if (arrived_.empty()) return wait();
  // Those that came before are told from the loop, as all others.
  asio::post(executor(), [self = shared_from_this()] {
    auto early = std::exchange(self->arrived_, {});
    for (auto& fd : early) self->give_out(std::span(&fd, 1));
    self->tell_closed();
    self->wait();
  });
}

void acceptor_state::wait() {
  const bool wanted = serve_ || !accepting_.empty();
  if (waiting_ || pausing_ || !wanted || !socket_ || !socket_->is_open()) return;
  waiting_ = true;
  socket_->wait(loop::descriptor::wait_type::wait_read, [weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    if (!ec && !self->ended_) self->accept_waiting();
  });
}

void acceptor_state::accept_waiting() {
  // Asked for, because accept(2) makes a socket and a file before it finds the queue empty: the call that fails costs
  // more than the one that succeeds. At least one, lest we go round for nothing.
  const std::size_t there = std::clamp<std::size_t>(sys::waiting_to_be_accepted(socket()), 1, batch_size);
  std::size_t taken = 0;
  if (serve_) {
    std::array<unique_fd, batch_size> batch;
    taken = accept_some(std::span(batch).first(there));
    if (taken != 0) give_out(std::span(batch).first(taken));
  } else {
    for (unique_fd fd; taken < there && !accepting_.empty() && accept_some({&fd, 1}) == 1; ++taken) {
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
    if (sys::would_block()) break;
    exhausted_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (exhausted_) break;
    // Anything else is the fate of that one connection: ECONNABORTED and the network errors of accept(2).
  }
  accepted_ += count;
  queue_seen_ = queue_seen_ || count < batch_size;
  return count;
}

void acceptor_state::give_out(std::span<unique_fd> batch) {
  auto self = shared_from_this();
  // A copy: the program may close this acceptor in the middle.
  if (const auto f = serve_) return detail::call_listener(executor(), [&] { f(batch); });
  for (auto& fd : batch) {
    if (accepting_.empty()) {
      arrived_.push_back(std::move(fd));
    } else {
      complete_one(std::move(fd));
    }
  }
}

/// Out of descriptors or memory, the queue stays readable: trying again at once would spin.
void acceptor_state::pause() {
  if (std::exchange(pausing_, true)) return;
  timer_.expires_after(100ms);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->pausing_ = false;
    if (!ec && !self->ended_) self->wait();
  });
}

void acceptor_state::tell_closed() {
  if (!ended_ || !arrived_.empty() || closed->reached()) return;
  asio::post(executor(), [self = shared_from_this()] { self->closed->set({}, self->ended_); });
}

asio::ip::tcp::socket acceptor_state::adopt(unique_fd fd, error_code& ec) {
  tcp::socket socket(executor());
  socket.assign(local_.protocol(), fd.get(), ec);
  if (!ec) static_cast<void>(fd.release());
  return socket;
}

void acceptor_state::count_in(sys::load_cell cell) {
  cell_ = std::move(cell);
  if (told_) cell_.set(static_cast<std::int32_t>(*told_));
}

/// The kernel has counted those accepted since the last time, and those that are in the queue now. Whenever the queue
/// was seen to be empty the figure is set anew: it may have been wrong by handshakes that were never finished.
void acceptor_state::set_load(std::size_t open) noexcept {
  if (cell_ && (!told_ || std::exchange(queue_seen_, false))) {
    cell_.set(static_cast<std::int32_t>(open));
  } else if (cell_) {
    cell_.add(static_cast<std::int32_t>(open) - static_cast<std::int32_t>(*told_ + accepted_));
  }
  told_ = open;
  accepted_ = 0;
}

}  // namespace brood::cluster

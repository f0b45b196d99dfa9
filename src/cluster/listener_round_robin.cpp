#include "cluster/listener_round_robin.hpp"

#include <cerrno>

#include "sys/calls.hpp"

namespace brood::cluster {
namespace {

using namespace std::chrono_literals;

constexpr int accepts_a_turn = 64;
/// Connections held here for busy workers. Beyond that they stay in the kernel's queue: that is what a backlog is for.
constexpr std::size_t most_waiting = 1024;

}  // namespace

listener_round_robin::listener_round_robin(asio::any_io_executor ex, std::string key, unique_fd socket)
    : key_(std::move(key)), socket_(ex, std::move(socket)), name_(sys::name_of(socket_.get())), timer_(ex) {
  socket_.keep_loop(false);  // it is the workers that keep a primary going
}

void listener_round_robin::join(int worker) {
  policy_.add(worker);
  distribute();
  wait();
}

void listener_round_robin::retire(int worker) {
  policy_.retire(worker);
  tell_when_settled();
}

void listener_round_robin::remove(int worker) {
  policy_.remove(worker);
  distribute();
  tell_when_settled();
}

void listener_round_robin::answered(int worker, bool accepted) {
  policy_.answered(worker, accepted);
  distribute();
  if (policy_.has_parked()) pause(50ms);
  wait();
  tell_when_settled();
}

void listener_round_robin::finish(std::function<void()> done) {
  finished_ = std::move(done);
  sys::refuse_connections(socket_.get());
  accept_waiting();
  tell_when_settled();
}

void listener_round_robin::tell_when_settled() {
  if (!finished_ || socket_.is_open() || !policy_.settled()) return;
  asio::post(timer_.get_executor(), std::exchange(finished_, nullptr));
}

void listener_round_robin::close() {
  finished_ = nullptr;
  socket_.close();
  timer_.cancel();
}

void listener_round_robin::wait() {
  if (waiting_ || !socket_.is_open() || policy_.backlog() >= most_waiting) return;
  waiting_ = true;
  socket_.wait(loop::descriptor::wait_type::wait_read, [weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    if (!ec) self->accept_waiting();
  });
}

void listener_round_robin::accept_waiting() {
  // Finishing, it takes all there is, and then closes.
  for (int i = 0; finished_ || (i < accepts_a_turn && policy_.backlog() < most_waiting); ++i) {
    const int fd = sys::accept(socket_.get());
    if (fd >= 0) {
      policy_.arrived(std::make_shared<const unique_fd>(fd));
      continue;
    }
    const bool out_of_something = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    // The queue is still full of connections, so waiting for readiness would return at once, over and over.
    if (out_of_something) pause(100ms);
    const bool empty = errno == EAGAIN || errno == EWOULDBLOCK;
    if (empty && finished_) socket_.close();
    if (out_of_something || empty) break;
    // Anything else is the fate of that one connection: ECONNABORTED and the network errors of accept(2).
  }
  distribute();
  if (!pausing_) wait();
}

void listener_round_robin::distribute() {
  while (auto next = policy_.next()) hand_over_(next->worker, next->connection);
}

void listener_round_robin::pause(std::chrono::milliseconds time) {
  if (std::exchange(pausing_, true)) return;
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->pausing_ = false;
    if (ec) return;
    self->policy_.retry_parked();
    if (self->socket_.is_open()) return self->accept_waiting();
    self->distribute();
    self->tell_when_settled();
  });
}

}  // namespace brood::cluster

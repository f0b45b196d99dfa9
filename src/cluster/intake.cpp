#include "cluster/intake.hpp"

#include <utility>

#include "sys/calls.hpp"

namespace brood::cluster::detail {
namespace {

using namespace std::chrono_literals;

constexpr int accepts_a_turn = 64;

}  // namespace

intake::intake(std::shared_ptr<dispatcher> to, unique_fd socket)
    : to_(std::move(to)), socket_(to_->get_executor(), std::move(socket)), timer_(to_->get_executor()) {
  socket_.keep_loop(false);  // a listening socket does not keep the loop running; the workers do
}

void intake::go_on() {
  if (waiting_ || pausing_ || !socket_.is_open() || !to_->wants_more()) return;
  waiting_ = true;
  socket_.wait(brood::detail::loop::descriptor::wait_type::wait_read, [weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    if (!ec) self->accept_waiting();
  });
}

void intake::finish() {
  finishing_ = true;
  if (!pausing_) accept_waiting();
}

void intake::close() {
  socket_.close();
  timer_.cancel();
}

void intake::accept_waiting() {
  for (int i = 0; socket_.is_open() && (finishing_ || (i < accepts_a_turn && to_->wants_more())); ++i) {
    unique_fd fd(brood::detail::sys::accept(socket_.get()));
    if (fd) {
      to_->arrived(std::move(fd));
      continue;
    }
    // Without descriptors or memory the queue stays full, so a wait for readiness would return at once, again and
    // again.
    if (!brood::detail::sys::would_block())
      pause();
    else if (finishing_)
      close();
    break;
  }
  to_->distribute();
  go_on();
}

void intake::pause() {
  pausing_ = true;
  timer_.expires_after(100ms);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!self) return;
    self->pausing_ = false;
    if (!ec && self->socket_.is_open()) self->accept_waiting();
  });
}

}  // namespace brood::cluster::detail

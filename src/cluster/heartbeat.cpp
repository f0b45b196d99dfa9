#include "cluster/heartbeat.hpp"

#include <utility>

#include "sys/calls.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

heartbeat::heartbeat(const asio::any_io_executor& ex, std::chrono::milliseconds limit, ask_function ask,
                     std::function<void()> hung)
    : timer_(ex), limit_(limit), ask_(std::move(ask)), hung_(std::move(hung)) {}

/// The interval between a reply and the next question is half the limit, and so is the time for the reply. A loop that
/// does not respond is detected after the limit, or a little later.
void heartbeat::start() {
  int ends[2] = {-1, -1};
  // This descriptor is sent with every question; nothing uses its other end.
  if (brood::detail::sys::socket_pair(ends) == -1) return wait(limit_ / 2);
  const unique_fd other(ends[1]);
  token_ = std::make_shared<const unique_fd>(ends[0]);
  wait(limit_ / 2);
}

void heartbeat::wait(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    auto self = weak.lock();
    if (!ec && self) self->tick();
  });
}

void heartbeat::tick() {
  if (!token_) return start();
  if (asked_ && !std::exchange(late_, true)) {
    // This process's own loop may have been blocked, and the reply may have arrived: it is processed before this timer
    // fires again.
    return wait(limit_ / 8);
  }
  if (asked_) {
    if (const auto hung = std::exchange(hung_, nullptr)) hung();
    return;
  }
  asked_ = true;
  asked_at_ = std::chrono::steady_clock::now();
  wait(limit_ / 2);
  ask_(token_);
}

void heartbeat::answered() {
  late_ = false;
  if (!std::exchange(asked_, false)) return;
  lag_ = std::chrono::steady_clock::now() - asked_at_;
  wait(limit_ / 2);
}

void heartbeat::stop() {
  hung_ = nullptr;
  timer_.cancel();
}

}  // namespace brood::cluster::detail

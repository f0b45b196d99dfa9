#include "cluster/dispatcher.hpp"

#include <utility>

namespace brood::cluster {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 1024;
/// After every worker has refused a connection.
constexpr auto patience = 50ms;

}  // namespace

void dispatcher::join(int worker) {
  policy_.add(worker);
  distribute();
  changed();
}

void dispatcher::retire(int worker) {
  policy_.retire(worker);
  changed();
}

void dispatcher::remove(int worker) {
  policy_.remove(worker);
  distribute();
  changed();
}

void dispatcher::answered(int worker, bool accepted) {
  if (!policy_.answered(worker, accepted)) return;
  distribute();
  changed();
  if (!policy_.has_parked() || std::exchange(retrying_, true)) return;
  retry_.expires_after(patience);
  retry_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self) return;
    self->retrying_ = false;
    self->policy_.retry_parked();
    self->distribute();
  });
}

void dispatcher::distribute() {
  while (auto next = policy_.next()) hand_over_(next->worker, next->connection);
}

bool dispatcher::wants_more() const { return policy_.has_workers() && policy_.backlog() < most_waiting; }

void dispatcher::changed() {
  if (const auto f = changed_) f();
}

void dispatcher::close() {
  changed_ = nullptr;
  policy_ = {};
  retry_.cancel();
}

}  // namespace brood::cluster

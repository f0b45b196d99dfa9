#include "cluster/dispatcher.hpp"

#include <utility>

#include "policy/round_robin.hpp"

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

using namespace std::chrono_literals;

constexpr std::size_t max_backlog = 1024;
/// The delay after every worker has refused a connection, and while it is deferred.
constexpr auto retry_delay = 50ms;
/// How long workers wait for the turn of one that does not reply. A loop that is only busy replies sooner.
constexpr auto max_wait_for_slow = 20ms;

}  // namespace

std::unique_ptr<dispatcher::assignment> dispatcher::in_turn() {
  return std::make_unique<brood::detail::policy::round_robin<connection>>();
}

dispatcher::dispatcher(const asio::any_io_executor& ex, std::unique_ptr<assignment> policy)
    : policy_(std::move(policy)), retry_(ex), slow_(ex) {}

void dispatcher::join(int worker) {
  policy_->add(worker);
  distribute();
  changed();
}

void dispatcher::retire(int worker) {
  policy_->retire(worker);
  distribute();
  changed();
}

void dispatcher::remove(int worker) {
  policy_->remove(worker);
  distribute();
  changed();
}

void dispatcher::answered(int worker, bool accepted) {
  if (!policy_->answered(worker, accepted)) return;
  distribute();
  changed();
}

void dispatcher::reconsider() {
  policy_->reconsider();
  distribute();
  changed();
}

void dispatcher::distribute() {
  for (; auto next = policy_->next(); ++handed_) hand_over_(next->worker, next->connection);
  if (policy_->held_up()) watch_slow();
  if (policy_->has_parked()) watch_parked();
}

void dispatcher::watch_parked() {
  if (std::exchange(retrying_, true)) return;
  retry_.expires_after(retry_delay);
  retry_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self) return;
    self->retrying_ = false;
    self->policy_->retry_parked();
    self->distribute();
    self->changed();
  });
}

void dispatcher::watch_slow() {
  if (std::exchange(watching_, true)) return;
  slow_.expires_after(max_wait_for_slow);
  slow_.async_wait([weak = weak_from_this(), handed = handed_](error_code ec) {
    auto self = weak.lock();
    if (ec || !self) return;
    self->watching_ = false;
    if (!self->policy_->held_up()) return;
    // No connection was handed over meanwhile, so the workers are not merely busy.
    if (handed == self->handed_) self->policy_->excuse_slow();
    self->distribute();
  });
}

bool dispatcher::wants_more() const { return policy_->has_workers() && policy_->backlog() < max_backlog; }

void dispatcher::changed() {
  if (const auto f = changed_) f();
}

void dispatcher::close() {
  changed_ = nullptr;
  policy_ = in_turn();
  retry_.cancel();
  slow_.cancel();
}

}  // namespace brood::cluster::detail

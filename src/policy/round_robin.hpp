#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace brood::policy {

/// Who gets the next connection, when the primary hands them out in turn: Node's rule. Each worker has at most one
/// hand-over under way; those that have none stand in a line, and the first in line gets the oldest connection.
///
/// A connection is the policy's until a worker has said that it took it. One that was handed to a worker which refused
/// it or went away is given to the next. One that every worker refused is parked, until retry_parked(): offered on at
/// once, it would go round and round.
template <class Connection>
class round_robin {
 public:
  using worker_id = int;
  struct handover {
    worker_id worker;
    Connection connection;  ///< a copy; the policy keeps its own until the answer
  };

  /// One that is retired but still has an answer to give comes back into the line with that answer.
  void add(worker_id worker) {
    const auto [found, added] = workers_.try_emplace(worker);
    if (added) line_.push_back(worker);
    found->second.retired = false;
  }

  /// The worker shall get no more. A connection already on its way to it stays so: it may have taken it, and two
  /// workers must not serve the same client.
  void retire(worker_id worker) {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    std::erase(line_, worker);
    found->second.retired = true;
    if (!found->second.under_way) workers_.erase(found);
  }

  /// The worker is gone. What it had not taken is the oldest of all again.
  void remove(worker_id worker) {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    if (found->second.under_way) waiting_.push_front(std::move(*found->second.under_way));
    workers_.erase(found);
    std::erase(line_, worker);
  }

  void arrived(Connection connection) { waiting_.push_back({std::move(connection), 0}); }

  /// What to hand over now; to be asked until it gives nothing, after each of the other calls.
  std::optional<handover> next() {
    if (line_.empty() || waiting_.empty()) return std::nullopt;
    const worker_id worker = line_.front();
    line_.pop_front();
    auto& slot = workers_[worker].under_way;
    slot.emplace(std::move(waiting_.front()));
    waiting_.pop_front();
    return handover{worker, slot->connection};
  }

  /// The worker's answer to its hand-over. False when it has none under way: the answer is to be ignored.
  bool answered(worker_id worker, bool accepted) {
    auto found = workers_.find(worker);
    if (found == workers_.end() || !found->second.under_way) return false;
    item done = std::move(*found->second.under_way);
    found->second.under_way.reset();
    if (found->second.retired) {
      workers_.erase(found);
    } else {
      line_.push_back(worker);
    }
    if (accepted) return true;
    ++done.refusals;
    auto& where = done.refusals < workers_.size() ? waiting_ : parked_;
    where.push_back(std::move(done));
    return true;
  }

  bool has(worker_id worker) const {
    const auto found = workers_.find(worker);
    return found != workers_.end() && !found->second.retired;
  }
  /// Somebody is there to get a connection, now or after its answer.
  bool has_workers() const noexcept {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& one) { return !one.second.retired; });
  }
  bool has_parked() const noexcept { return !parked_.empty(); }
  void retry_parked() {
    for (auto& one : parked_) waiting_.push_back({std::move(one.connection), 0});
    parked_.clear();
  }

  /// Nothing is left to do: no connection waits, none is on its way. Or nobody is left to do it.
  bool settled() const noexcept {
    const auto under_way = [](const auto& one) { return one.second.under_way.has_value(); };
    if (std::any_of(workers_.begin(), workers_.end(), under_way)) return false;
    return backlog() == 0 || line_.empty();
  }

  /// Connections no worker has taken yet.
  std::size_t backlog() const noexcept { return waiting_.size() + parked_.size(); }

 private:
  struct item {
    Connection connection;
    std::size_t refusals;
  };
  struct standing {
    std::optional<item> under_way{};
    bool retired = false;
  };

  std::map<worker_id, standing> workers_;
  std::deque<worker_id> line_;
  std::deque<item> waiting_;
  std::deque<item> parked_;
};

}  // namespace brood::policy

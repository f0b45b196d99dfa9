#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "policy/assignment.hpp"

namespace brood::detail::policy {

/// A function of the program chooses the worker of each connection. Chosen connections wait for their worker, in order.
/// If the worker exits, is retired or refuses a connection, the function is called again for it. A connection that
/// every worker refused is parked, as in round_robin. A deferred connection is parked, too, and the function is called
/// again whenever something changes.
template <class Connection>
class by_choice final : public assignment<Connection> {
 public:
  using typename assignment<Connection>::worker_id;
  using typename assignment<Connection>::handover;
  struct candidate {
    worker_id worker;
    std::size_t waiting;  ///< connections chosen for it that it has not accepted yet
  };
  struct decision {
    /// `anyone`: the worker with the fewest waiting connections, in turn among equals.
    enum class kind { worker, anyone, hold, refuse };
    kind what;
    worker_id worker = 0;  ///< one of the candidates
  };
  /// There is at least one candidate. The function may call back into the policy.
  using function = std::function<decision(const Connection&, std::span<const candidate>)>;

  explicit by_choice(function choose) : choose_(std::move(choose)) {}

  void add(worker_id worker) override {
    workers_[worker].retired = false;
    reconsider();
  }

  void retire(worker_id worker) override {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    give_back(found->second.chosen);
    found->second.retired = true;
    if (!found->second.under_way) workers_.erase(found);
    reconsider();
  }

  void remove(worker_id worker) override {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    give_back(found->second.chosen);
    if (found->second.under_way) arrived_.push_front(std::move(*found->second.under_way));
    workers_.erase(found);
    reconsider();
  }

  void arrived(Connection connection) override { arrived_.push_back({std::move(connection), {}}); }

  std::optional<handover> next() override {
    ask();
    for (auto& [id, one] : workers_) {
      if (one.under_way || one.chosen.empty()) continue;
      one.under_way.emplace(std::move(one.chosen.front()));
      one.chosen.pop_front();
      return handover{id, one.under_way->connection};
    }
    return std::nullopt;
  }

  bool answered(worker_id worker, bool accepted) override {
    auto found = workers_.find(worker);
    if (found == workers_.end() || !found->second.under_way) return false;
    item done = std::move(*found->second.under_way);
    found->second.under_way.reset();
    if (found->second.retired) workers_.erase(found);
    if (!accepted) {
      done.refused_by.push_back(worker);
      arrived_.push_back(std::move(done));
    }
    reconsider();
    return true;
  }

  void reconsider() override { give_back(held_); }

  bool has(worker_id worker) const override {
    const auto found = workers_.find(worker);
    return found != workers_.end() && !found->second.retired;
  }
  bool has_workers() const noexcept override {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& one) { return !one.second.retired; });
  }
  bool has_parked() const noexcept override { return !parked_.empty() || !held_.empty(); }
  void retry_parked() override {
    for (auto& one : parked_) one.refused_by.clear();
    give_back(parked_);
    reconsider();
  }
  bool settled() const noexcept override {
    const auto under_way = [](const auto& one) { return one.second.under_way.has_value(); };
    if (std::any_of(workers_.begin(), workers_.end(), under_way)) return false;
    return backlog() == 0 || !has_workers();
  }
  std::size_t backlog() const noexcept override {
    std::size_t sum = arrived_.size() + held_.size() + parked_.size();
    for (const auto& [id, one] : workers_) sum += one.chosen.size();
    return sum;
  }

 private:
  struct item {
    Connection connection;
    std::vector<worker_id> refused_by;
  };
  struct standing {
    std::deque<item> chosen{};
    std::optional<item> under_way{};
    bool retired = false;
    std::uint64_t given = 0;
  };

  /// Returns all of `from` to the front of the queue, in their order.
  void give_back(std::deque<item>& from) {
    for (; !from.empty(); from.pop_back()) arrived_.push_front(std::move(from.back()));
  }

  /// Must not be re-entered: the function may cause a change that leads back here.
  void ask() {
    if (std::exchange(asking_, true)) return;
    while (!arrived_.empty() && has_workers()) {
      item one = std::move(arrived_.front());
      arrived_.pop_front();
      ask_about(std::move(one));
    }
    asking_ = false;
  }

  void ask_about(item one) {
    std::vector<candidate> able;
    for (const auto& [id, worker] : workers_) {
      const bool refused = std::find(one.refused_by.begin(), one.refused_by.end(), id) != one.refused_by.end();
      if (worker.retired || refused) continue;
      able.push_back({id, worker.chosen.size() + (worker.under_way ? 1 : 0)});
    }
    if (able.empty()) return parked_.push_back(std::move(one));
    using kind = typename decision::kind;
    decision made = choose_(one.connection, able);
    if (made.what == kind::refuse) return;
    if (made.what == kind::hold) return held_.push_back(std::move(one));
    if (made.what == kind::anyone) made.worker = least_busy(able);
    // The function itself made the worker exit: call it again for this connection.
    if (!has(made.worker)) return arrived_.push_front(std::move(one));
    ++workers_[made.worker].given;
    workers_[made.worker].chosen.push_back(std::move(one));
  }

  worker_id least_busy(const std::vector<candidate>& able) {
    const auto busier = [this](const candidate& a, const candidate& b) {
      if (a.waiting != b.waiting) return a.waiting < b.waiting;
      return workers_[a.worker].given < workers_[b.worker].given;
    };
    return std::min_element(able.begin(), able.end(), busier)->worker;
  }

  function choose_;
  std::map<worker_id, standing> workers_;
  std::deque<item> arrived_;  // not decided yet
  std::deque<item> held_;
  std::deque<item> parked_;
  bool asking_ = false;
};

}  // namespace brood::detail::policy

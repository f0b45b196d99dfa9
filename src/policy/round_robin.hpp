#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "policy/assignment.hpp"

namespace brood::detail::policy {

/// Distributes connections in turn. Among the workers without a hand-over in progress, the one with the fewest
/// connections so far gets the oldest connection; among equals, the first in line. A worker may be ahead of the last
/// one by at most `max_lead`. Without this limit, workers that reply a little faster would take the turns of the others
/// and, in the long run, far more than their share. A worker that does not reply must not block the others:
/// excuse_slow() excludes it until it replies.
///
/// A connection whose worker refused it or exited goes to the next worker. One that every worker refused is parked
/// until retry_parked(), because otherwise it would circulate for ever.
template <class Connection>
class round_robin final : public assignment<Connection> {
 public:
  using typename assignment<Connection>::worker_id;
  using typename assignment<Connection>::handover;
  static constexpr std::uint64_t max_lead = 4;
  /// The number of connections that an excused worker catches up on later.
  static constexpr std::uint64_t max_arrears = 64;

  void add(worker_id worker) override {
    const auto least = least_given().value_or(0);
    const auto [found, added] = workers_.try_emplace(worker);
    auto& one = found->second;
    if (added) one.given = least;
    if (added || one.retired) {
      one.retired = false;
      count(one);
    }
    if (added) line_up(worker, one);
  }

  void retire(worker_id worker) override {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    leave_line(worker, found->second);
    discount(found->second);
    found->second.retired = true;
    if (!found->second.under_way) workers_.erase(found);
  }

  void remove(worker_id worker) override {
    auto found = workers_.find(worker);
    if (found == workers_.end()) return;
    if (found->second.under_way) waiting_.push_front(std::move(*found->second.under_way));
    leave_line(worker, found->second);
    discount(found->second);
    workers_.erase(found);
  }

  void arrived(Connection connection) override { waiting_.push_back({std::move(connection), 0}); }

  std::optional<handover> next() override {
    if (line_.empty() || waiting_.empty()) return std::nullopt;
    const worker_id worker = line_.begin()->worker;
    auto& chosen = workers_.at(worker);
    if (chosen.given >= least_given().value_or(chosen.given) + max_lead) return std::nullopt;
    line_.erase(line_.begin());
    discount(chosen);
    ++chosen.given;
    count(chosen);
    auto& slot = chosen.under_way;
    slot.emplace(std::move(waiting_.front()));
    waiting_.pop_front();
    return handover{worker, slot->connection};
  }

  bool answered(worker_id worker, bool accepted) override {
    auto found = workers_.find(worker);
    if (found == workers_.end() || !found->second.under_way) return false;
    item done = std::move(*found->second.under_way);
    found->second.under_way.reset();
    if (found->second.excused) {
      const std::uint64_t others = least_given().value_or(0);
      found->second.excused = false;
      found->second.given = std::max(found->second.given, others - std::min(others, max_arrears));
      count(found->second);
    }
    if (found->second.retired) {
      workers_.erase(found);
    } else {
      line_up(worker, found->second);
    }
    if (accepted) return true;
    ++done.refusals;
    auto& where = done.refusals < workers_.size() ? waiting_ : parked_;
    where.push_back(std::move(done));
    return true;
  }

  bool held_up() const noexcept override { return !waiting_.empty() && !line_.empty(); }
  void excuse_slow() noexcept override {
    for (auto& [id, one] : workers_) {
      if (one.excused || !one.under_way) continue;
      discount(one);
      one.excused = true;
    }
  }

  bool has(worker_id worker) const override {
    const auto found = workers_.find(worker);
    return found != workers_.end() && !found->second.retired;
  }
  bool has_workers() const noexcept override {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& one) { return !one.second.retired; });
  }
  bool has_parked() const noexcept override { return !parked_.empty(); }
  void retry_parked() override {
    for (auto& one : parked_) waiting_.push_back({std::move(one.connection), 0});
    parked_.clear();
  }

  bool settled() const noexcept override {
    const auto under_way = [](const auto& one) { return one.second.under_way.has_value(); };
    if (std::any_of(workers_.begin(), workers_.end(), under_way)) return false;
    return backlog() == 0 || line_.empty();
  }

  std::size_t backlog() const noexcept override { return waiting_.size() + parked_.size(); }

 private:
  struct item {
    Connection connection;
    std::size_t refusals;
  };
  struct standing {
    std::optional<item> under_way{};
    bool retired = false;
    bool excused = false;
    std::uint64_t given = 0;
    std::uint64_t ticket = 0;  // of its place in line
  };
  /// Sorted in the order of service: with hundreds of workers, no search is needed for each connection.
  struct place {
    std::uint64_t given;
    std::uint64_t ticket;
    worker_id worker;
    friend auto operator<=>(const place&, const place&) = default;
  };

  void line_up(worker_id worker, standing& one) {
    one.ticket = next_ticket_++;
    line_.insert({one.given, one.ticket, worker});
  }
  void leave_line(worker_id worker, const standing& one) { line_.erase({one.given, one.ticket, worker}); }

  /// Workers that are neither retired nor excused count; their numbers change in between.
  void count(const standing& one) {
    if (!one.retired && !one.excused) ++counted_[one.given];
  }
  void discount(const standing& one) noexcept {
    if (one.retired || one.excused) return;
    const auto found = counted_.find(one.given);
    if (--found->second == 0) counted_.erase(found);
  }
  std::optional<std::uint64_t> least_given() const noexcept {
    return counted_.empty() ? std::nullopt : std::optional(counted_.begin()->first);
  }

  std::map<worker_id, standing> workers_;
  std::set<place> line_;
  std::map<std::uint64_t, std::size_t> counted_;  // number of connections -> number of workers that got so many
  std::uint64_t next_ticket_ = 0;
  std::deque<item> waiting_;
  std::deque<item> parked_;
};

}  // namespace brood::detail::policy

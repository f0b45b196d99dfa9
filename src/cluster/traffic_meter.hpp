#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

/// Counts a worker's connections and requests over all its acceptors, for reports to the primary. Each acceptor reports
/// the open connections of the whole worker (acceptor::set_load), so the highest number counts.
class traffic_meter {
 public:
  enum class change : unsigned char { none, requests, connections };
  /// `f` is called after a change, and then not again before report(), unless more than requests has changed.
  void on_change(std::function<void(change)> f) { changed_ = std::move(f); }

  void accepted(std::uint64_t count) {
    accepted_ += count;
    changed(change::connections);
  }
  /// From the primary, which knows them; not delivered yet. They are reported as open later.
  void taken(int more) { taken_ += static_cast<std::uint64_t>(more); }
  /// One of the acceptors reports the number of open connections of the worker.
  void open(const void* acceptor, std::size_t count) {
    const auto known = std::find_if(open_.begin(), open_.end(), [&](const auto& one) { return one.first == acceptor; });
    if (known == open_.end()) {
      open_.emplace_back(acceptor, count);
    } else if (std::exchange(known->second, count) == count) {
      return;
    }
    tells_ = true;
    changed(change::connections);
  }
  void gone(const void* acceptor) {
    if (std::erase_if(open_, [&](const auto& one) { return one.first == acceptor; }) != 0) {
      changed(change::connections);
    }
  }
  void requests(std::uint64_t more) {
    requests_ = requests_.value_or(0) + more;
    changed(change::requests);
  }

  brood::detail::wire::traffic_report report() noexcept {
    due_ = change::none;
    brood::detail::wire::traffic_report now{.accepted = accepted_, .requests = requests_};
    if (!tells_) return now;
    now.open = 0;
    for (const auto& [acceptor, count] : open_) now.open = std::max<std::uint64_t>(*now.open, count);
    *now.open += taken_;
    return now;
  }

 private:
  void changed(change what) {
    if (!changed_ || due_ >= what) return;
    due_ = what;
    changed_(what);
  }

  std::function<void(change)> changed_;
  std::uint64_t accepted_ = 0;
  std::uint64_t taken_ = 0;
  std::vector<std::pair<const void*, std::size_t>> open_;
  std::optional<std::uint64_t> requests_;
  bool tells_ = false;
  change due_ = change::none;
};

}  // namespace brood::cluster::detail

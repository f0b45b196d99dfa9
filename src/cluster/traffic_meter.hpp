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

/// A worker's connections and requests over all its acceptors, counted for the primary to know. What is open each
/// acceptor tells of the worker as a whole (acceptor::set_load), so the highest figure counts.
class traffic_meter {
 public:
  enum class change : unsigned char { none, requests, connections };
  /// `f` is called when something has changed, and not again before report() was, unless it is more than requests now.
  void on_change(std::function<void(change)> f) { changed_ = std::move(f); }

  void accepted(std::uint64_t count) {
    accepted_ += count;
    changed(change::connections);
  }
  /// From the primary, which knows of it, and not given out yet: whoever has it will tell that it is open.
  void taken(int more) { taken_ += static_cast<std::uint64_t>(more); }
  /// One of the worker's acceptors tells how many connections the worker has open.
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

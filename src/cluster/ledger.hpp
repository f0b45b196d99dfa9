#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

/// What the primary knows of a worker's connections: from its answers to hand-overs, and from what it reports. Node's
/// workers report nothing, so of what does not go through the primary nothing is known there.
class ledger {
 public:
  /// It took one from the primary.
  void taken() noexcept {
    ++handed_;
    ++since_;
  }
  /// It has a socket to accept from by itself.
  void serves_itself() noexcept { by_itself_ = true; }
  /// All it took before is in there: reports and answers come in order.
  void reported(const brood::detail::wire::traffic_report& r) noexcept {
    report_ = r;
    since_ = 0;
  }

  std::optional<std::uint64_t> accepted() const noexcept {
    if (by_itself_ && !report_) return std::nullopt;
    return handed_ + (report_ ? report_->accepted : 0);
  }
  std::optional<std::size_t> open() const noexcept {
    if (!report_ || !report_->open) return std::nullopt;
    return static_cast<std::size_t>(*report_->open + since_);
  }
  std::optional<std::uint64_t> requests() const noexcept { return report_ ? report_->requests : std::nullopt; }

 private:
  std::uint64_t handed_ = 0;
  std::uint64_t since_ = 0;  // handed over after the last report
  bool by_itself_ = false;
  std::optional<brood::detail::wire::traffic_report> report_;
};

}  // namespace brood::cluster::detail

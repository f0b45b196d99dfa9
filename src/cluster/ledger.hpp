#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

/// The primary's data about a worker's connections, from the replies to hand-overs and from the worker's reports.
/// Node's workers send no reports, so connections that do not pass through the primary are unknown for them.
class ledger {
 public:
  /// The worker accepted a connection from the primary.
  void taken() noexcept {
    ++handed_;
    ++since_;
  }
  /// The worker has a socket to accept from.
  void serves_itself() noexcept { by_itself_ = true; }
  /// The report includes everything accepted before it, because reports and replies arrive in order.
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
  std::uint64_t since_ = 0;  // handed over since the last report
  bool by_itself_ = false;
  std::optional<brood::detail::wire::traffic_report> report_;
};

}  // namespace brood::cluster::detail

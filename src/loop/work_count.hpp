#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <utility>

#include "brood/detail/loop_entry.hpp"

namespace brood::detail::loop {

namespace asio = boost::asio;

/// Whether operations on this executor can be excluded from the count of work. Only those of an io_context itself can.
bool can_unref(const asio::any_io_executor& ex) noexcept;

/// Decides whether pending operations keep `run()` from returning: libuv's ref and unref, for Asio.
///
/// Asio counts each pending operation as work, and run() returns when none is left. An unreferenced operation lowers
/// the count while it is pending and raises it again just before it completes, because Asio lowers it then. The count
/// must not be lowered outside run(): if it reached zero there, the loop would count as stopped before it ever ran. In
/// that case the change is posted, and the posted handler counts as work.
///
/// This works for the executor of an io_context (can_unref). On any other executor operations always count.
class work_count : public std::enable_shared_from_this<work_count> {
 public:
  explicit work_count(asio::any_io_executor ex) : executor_(std::move(ex)), guard_(detail::loop_guard::of(executor_)) {}

  const asio::any_io_executor& get_executor() const noexcept { return executor_; }
  /// The guard of the same executor.
  detail::loop_guard* guard() const noexcept { return guard_.get(); }

  void begin() {
    ++pending_;
    if (!keep_) settle();
  }

  /// Must be called first in the completion of each operation that was counted by begin().
  void end() {
    --pending_;
    if (lowered_ > pending_) raise();
  }

  void keep_loop(bool on) {
    if (keep_ == on) return;
    keep_ = on;
    settle();
  }

 private:
  void settle();  // adjusts lowered_ to the desired value, now or soon
  void adjust();
  void raise();

  asio::any_io_executor executor_;
  std::shared_ptr<detail::loop_guard> guard_;
  int pending_ = 0;
  int lowered_ = 0;  // by how much the loop's count is lowered for pending operations
  bool keep_ = true;
};

}  // namespace brood::detail::loop

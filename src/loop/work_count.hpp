#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <utility>

#include "brood/detail/loop_entry.hpp"

namespace brood::detail::loop {

namespace asio = boost::asio;

/// Whether operations on this executor can be left out of the count of work: on that of an io_context itself.
bool can_unref(const asio::any_io_executor& ex) noexcept;

/// Decides whether pending operations keep `run()` from returning: libuv's ref and unref, for Asio.
///
/// Asio counts each pending operation as work and run() returns when none is left. An unreferenced operation takes
/// its one off the count while it is pending and puts it back just before it completes, since Asio will take it off
/// then. The count must not be lowered outside run(): reaching zero there would mark the loop as stopped before it
/// ever ran; so outside of it the lowering is posted, and is itself work until it is done.
///
/// Works for the executor of an io_context (can_unref); for any other, operations always count.
class work_count : public std::enable_shared_from_this<work_count> {
 public:
  explicit work_count(asio::any_io_executor ex) : executor_(std::move(ex)), guard_(detail::loop_guard::of(executor_)) {}

  const asio::any_io_executor& get_executor() const noexcept { return executor_; }
  /// Of the same executor.
  detail::loop_guard* guard() const noexcept { return guard_.get(); }

  void begin() {
    ++pending_;
    if (!keep_) settle();
  }

  /// To be called first thing in the completion of each operation that begun.
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
  void settle();  // brings lowered_ to what it should be, now or soon
  void adjust();
  void raise();

  asio::any_io_executor executor_;
  std::shared_ptr<detail::loop_guard> guard_;
  int pending_ = 0;
  int lowered_ = 0;  // by how much the loop's count is lowered on behalf of pending operations
  bool keep_ = true;
};

}  // namespace brood::detail::loop

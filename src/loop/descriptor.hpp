#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "brood/unique_fd.hpp"
#include "loop/work_count.hpp"

namespace brood::detail::loop {

namespace asio = boost::asio;
using boost::system::error_code;

/// A descriptor whose readiness the loop can be asked for. It is registered with the loop at its first wait, so one
/// that is never waited for costs no system call beyond its making.
///
/// Waiting is all it does: the owner reads and writes by itself, first, and waits only when told EAGAIN.
class descriptor {
 public:
  using wait_type = asio::posix::descriptor_base::wait_type;

  descriptor(asio::any_io_executor ex, unique_fd fd) : waits_(std::make_shared<waits>(ex)), fd_(std::move(fd)) {}

  const asio::any_io_executor& get_executor() const noexcept { return waits_->get_executor(); }
  bool is_open() const noexcept { return get() >= 0; }
  int get() const noexcept { return watched_ ? watched_fd_ : fd_.get(); }

  /// Puts the descriptor in non-blocking mode; the first call does, the others cost nothing.
  error_code make_nonblocking();

  /// Calls `handler(error_code)` once the descriptor is ready; with operation_aborted if the wait was ended before the
  /// handler is called, even if the descriptor had become ready by then. Never calls it from inside this call.
  template <class Handler>
  void wait(wait_type what, Handler handler) {
    if (error_code ec = watch()) {
      asio::post(get_executor(), [ec, handler = std::move(handler)]() mutable { handler(ec); });
      return;
    }
    nonblocking_ = true;  // Asio does it to all it waits for
    const bool counts = what != wait_type::wait_write;
    if (counts) waits_->begin();
    watched_->async_wait(
        what, [waits = waits_, round = waits_->round, counts, handler = std::move(handler)](error_code ec) mutable {
          const detail::loop_entry entry(detail::loop_entry::from::handler, waits->guard());
          if (counts) waits->end();
          handler(round == waits->round ? ec : asio::error::operation_aborted);
        });
  }

  /// Ends all waits. What they waited for stays as it is.
  void cancel() noexcept;
  void close() noexcept;
  /// Gives the descriptor away, in blocking mode. Waits end as by close().
  unique_fd release() noexcept;

  /// Whether waiting for input keeps the loop's run() from returning. It does, unless told otherwise. Waiting to write
  /// always does: what was handed over must leave.
  void keep_loop(bool on) { waits_->keep_loop(on); }

 private:
  struct waits : work_count {
    using work_count::work_count;
    unsigned round = 0;  // how often all waits were ended
  };

  error_code watch();

  std::shared_ptr<waits> waits_;
  unique_fd fd_;  // owns the descriptor until the first wait, `watched_` from then on
  std::optional<asio::posix::stream_descriptor> watched_;
  int watched_fd_ = -1;
  bool nonblocking_ = false;
};

}  // namespace brood::detail::loop

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

/// A file descriptor with asynchronous waits for readiness. It is registered with the loop at its first wait, so a
/// descriptor that is never waited for costs no further system call.
///
/// It only waits. The owner reads and writes itself, and waits after EAGAIN.
class descriptor {
 public:
  using wait_type = asio::posix::descriptor_base::wait_type;

  descriptor(asio::any_io_executor ex, unique_fd fd) : waits_(std::make_shared<waits>(ex)), fd_(std::move(fd)) {}

  const asio::any_io_executor& get_executor() const noexcept { return waits_->get_executor(); }
  bool is_open() const noexcept { return get() >= 0; }
  int get() const noexcept { return watched_ ? watched_fd_ : fd_.get(); }

  /// Switches the descriptor to non-blocking mode. Only the first call makes a system call.
  error_code make_nonblocking();

  /// Calls `handler(error_code)` when the descriptor is ready. The error is operation_aborted if the wait was cancelled
  /// before the handler is called, even if the descriptor had become ready. The handler is never called from inside
  /// this call.
  template <class Handler>
  void wait(wait_type what, Handler handler) {
    if (error_code ec = watch()) {
      asio::post(get_executor(), [ec, handler = std::move(handler)]() mutable { handler(ec); });
      return;
    }
    nonblocking_ = true;  // Asio does it for every descriptor that it waits for
    const bool counts = what != wait_type::wait_write;
    if (counts) waits_->begin();
    watched_->async_wait(
        what, [waits = waits_, round = waits_->round, counts, handler = std::move(handler)](error_code ec) mutable {
          const detail::loop_entry entry(detail::loop_entry::from::handler, waits->guard());
          if (counts) waits->end();
          handler(round == waits->round ? ec : asio::error::operation_aborted);
        });
  }

  /// Ends all waits. The descriptor itself is unchanged.
  void cancel() noexcept;
  void close() noexcept;
  /// Returns the descriptor in blocking mode. Waits end as by close().
  unique_fd release() noexcept;

  /// Whether a wait for input keeps the loop's run() from returning; by default it does. A wait for output always does,
  /// because queued data must be written.
  void keep_loop(bool on) { waits_->keep_loop(on); }

 private:
  struct waits : work_count {
    using work_count::work_count;
    unsigned round = 0;  // incremented whenever all waits are cancelled
  };

  error_code watch();

  std::shared_ptr<waits> waits_;
  unique_fd fd_;  // owns the descriptor until the first wait; afterwards `watched_` does
  std::optional<asio::posix::stream_descriptor> watched_;
  int watched_fd_ = -1;
  bool nonblocking_ = false;
};

}  // namespace brood::detail::loop

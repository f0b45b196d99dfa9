#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "brood/exit_status.hpp"
#include "loop/descriptor.hpp"

namespace brood::detail::loop {

/// Waits for the end of one child through its pidfd and collects its status. It never collects another child, whatever
/// other code of this process does with SIGCHLD or waitpid.
///
/// Signals are sent through the pidfd, too, so they never reach another process that reuses the pid.
///
/// The loop keeps the reaper of a running child alive. If the loop is destroyed first, the child becomes an orphan,
/// which later starts collect (loop/orphans.hpp).
class reaper {
 public:
  reaper(asio::any_io_executor ex, unique_fd pidfd);
  reaper(const reaper&) = delete;
  reaper& operator=(const reaper&) = delete;
  ~reaper();

  /// Calls `done(error_code, exit_status)` once, when the child has ended. The error is errc::status_lost if other code
  /// collected the status (the exit_status is unknown then), or operation_aborted if the loop is destroyed first.
  template <class Done>
  void wait(Done done) {
    pidfd_.wait(descriptor::wait_type::wait_read, [this, done = std::move(done)](error_code ec) mutable {
      exit_status status;
      if (!ec) ec = collect(status);
      if (ec == asio::error::try_again) return wait_later(std::move(done));
      done(ec, status);
    });
  }

  /// Returns false if the child has already ended (ESRCH). Any other failure is in `ec`.
  bool signal(int number, error_code& ec) noexcept;

  void keep_loop(bool on) { pidfd_.keep_loop(on); }
  int pidfd() const noexcept { return pidfd_.get(); }

 private:
  /// try_again: the child has ended, but its status is not available yet.
  error_code collect(exit_status& status);

  template <class Done>
  void wait_later(Done done) {
    timer_.emplace(pidfd_.get_executor(), std::chrono::milliseconds(10));
    timer_->async_wait([this, done = std::move(done)](error_code) mutable { wait(std::move(done)); });
  }

  descriptor pidfd_;
  std::optional<asio::steady_timer> timer_;
};

}  // namespace brood::detail::loop

#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "brood/exec.hpp"
#include "process/captured.hpp"
#include "process/child_state.hpp"
#include "process/start.hpp"

namespace brood::detail::process {

/// Collects the output of a command until it has ended. The child's events keep this alive. It refers to the child
/// weakly, so that both are destroyed with the loop.
class exec_state : public std::enable_shared_from_this<exec_state> {
 public:
  exec_state(const asio::any_io_executor& ex, const exec_options& options, std::string command);

  const asio::any_io_executor& get_executor() const noexcept { return waiters_.get_executor(); }

  /// Sets the command's two outputs. Throws spawn_error if a memory file cannot be created.
  void choose_outputs(spawn_options& how);
  void watch(const started& parts);
  void wait(detail::waiters<exec_result>::handler handler);

 private:
  void take(const std::shared_ptr<readable_state>& from, captured& to);
  void add(captured& to, std::string_view data);
  void begin_time_limit();
  void watch_memory();
  void stop();
  void cancel(asio::cancellation_type type);
  void ended(error_code ec, const exit_status& status);

  const exec_options::capturing capture_;
  const exec_options::overflow on_overflow_;
  const std::chrono::milliseconds timeout_;
  const stop_steps stop_;
  exec_result result_;
  error_code error_;
  bool done_ = false;
  bool stopped_ = false;
  captured out_;
  captured err_;
  std::weak_ptr<child_state> child_;
  std::weak_ptr<readable_state> out_pipe_;
  std::weak_ptr<readable_state> err_pipe_;
  asio::steady_timer timer_;
  asio::steady_timer memory_timer_;
  detail::waiters<exec_result> waiters_;
};

}  // namespace brood::detail::process

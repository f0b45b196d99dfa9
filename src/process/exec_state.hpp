#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "brood/exec.hpp"
#include "process/child_state.hpp"
#include "process/start.hpp"

namespace brood::process {

/// Collects what a command writes until it has ended. The child's events keep this alive; it knows the child only
/// weakly, so that both go when the loop does.
class exec_state : public std::enable_shared_from_this<exec_state> {
 public:
  exec_state(const asio::any_io_executor& ex, const exec_options& options, std::string command);

  void watch(const started& parts);
  void wait(detail::waiters<exec_result>::handler handler);

 private:
  void append(std::string& to, std::string_view data);
  void stop();
  void ended(error_code ec, const exit_status& status);

  const std::size_t max_buffer_;
  const exec_options::overflow on_overflow_;
  const std::chrono::milliseconds timeout_;
  const stop_ladder stop_;
  exec_result result_;
  error_code error_;
  bool done_ = false;
  std::weak_ptr<child_state> child_;
  std::weak_ptr<readable_state> out_;
  std::weak_ptr<readable_state> err_;
  asio::steady_timer timer_;
  detail::waiters<exec_result> waiters_;
};

}  // namespace brood::process

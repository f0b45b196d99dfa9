#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brood/child_process.hpp"
#include "ipc/endpoint.hpp"
#include "loop/reaper.hpp"
#include "loop/work_count.hpp"
#include "process/readable.hpp"
#include "process/tree.hpp"
#include "process/writable.hpp"

namespace brood::detail::process {

/// What stands behind a child_process.
///
/// Who owns whom: the pending wait for the pidfd owns this state, so a child whose handle was dropped is reaped all
/// the same; this owns the channel, which refers back weakly; the handle owns the streams, which this only
/// knows. So everything goes when the loop goes, and nothing goes before the child has ended.
struct child_state : std::enable_shared_from_this<child_state> {
  child_state(asio::any_io_executor ex, unique_fd pidfd, std::shared_ptr<ipc::endpoint> link);
  /// If the child still runs, its loop is being destroyed: `on_drop::kill` holds then as well.
  ~child_state();

  /// Starts to hear of the child: of its end, within the time it has, and of its messages, if it has a channel. Up to
  /// here nothing of the loop's is touched, and any thread may put the state together.
  void watch();

  void keep_loop(bool on);
  /// As child_process::kill.
  bool kill(int signal);
  /// As child_process::stop.
  void stop(stop_steps steps);
  bool is_stopping() const noexcept { return stopping_; }
  /// To the tree, if it has bounds; else to the child.
  void signal(int number);
  /// As child_process::resize.
  error_code resize(const terminal_size& size);
  /// As child_process::kill_tree.
  tree_report kill_tree(int signal);
  /// The last handle of the child is gone: what is to be done then, is done.
  void handle_dropped();

  asio::any_io_executor executor;
  loop::reaper reaper;
  pid_t pid = -1;
  std::string file;
  arguments args;
  bool killed = false;
  bool timed_out = false;
  process::tree tree;
  bool ends_tree = false;  // with the child
  brood::on_drop on_drop = brood::on_drop::leave;
  stop_steps stop_steps_of_options;                // of the options
  std::chrono::milliseconds timeout{0};  // the same; none
  unique_fd channel_end;                 // until it is watched

  std::weak_ptr<writable_state> in;
  std::weak_ptr<readable_state> out;
  std::weak_ptr<readable_state> err;
  const std::shared_ptr<ipc::endpoint> channel;  // closed from the start for children without one

  const std::shared_ptr<detail::one_shot_state<exit_status>> exited;
  const std::shared_ptr<detail::one_shot_state<exit_status>> closed;

 private:
  void stop_when_time_is_up();
  void ended(error_code ec, exit_status status);
  void close_when_all_ended();
  bool output_ended(const std::weak_ptr<readable_state>& stream);
  void take_stop_step(std::size_t step);
  void end_tree();
  void stop_rest_of_tree();
  void await(std::vector<pid_t> left_behind);
  bool await_next();
  void end_of_stop();

  stop_steps stop_steps_;
  asio::steady_timer stop_timer_;
  const std::shared_ptr<loop::work_count> time_limit_;
  unsigned stop_number_ = 0;  // a timer that has fired for an earlier one may still be on its way
  bool stopping_ = false;
  std::vector<pid_t> left_behind_;  // by a child that has ended while it was stopped
  std::optional<loop::descriptor> awaited_;
};

}  // namespace brood::detail::process

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

/// The state of a child_process.
///
/// Ownership: the pending wait for the pidfd owns this state, so a child without a handle is reaped, too. The state
/// owns the channel, which refers back weakly. The handle owns the streams, which this state refers to weakly. So
/// everything is destroyed with the loop, and nothing is destroyed before the child has ended.
struct child_state : std::enable_shared_from_this<child_state> {
  child_state(asio::any_io_executor ex, unique_fd pidfd, std::shared_ptr<ipc::endpoint> link);
  /// If the child still runs, its loop is being destroyed. `on_drop::kill` applies in this case, too.
  ~child_state();

  /// Starts to watch the child: its end, its time limit, and its messages if it has a channel. Before this call no
  /// object of the loop is used, and any thread may create the state.
  void watch();

  void keep_loop(bool on);
  /// As child_process::kill.
  bool kill(int signal);
  /// As child_process::stop.
  void stop(stop_steps steps);
  bool is_stopping() const noexcept { return stopping_; }
  /// Signals the tree if it has bounds, otherwise the child.
  void signal(int number);
  /// As child_process::resize.
  error_code resize(const terminal_size& size);
  /// As child_process::kill_tree.
  tree_report kill_tree(int signal);
  /// Called when the last handle is destroyed: applies `on_drop`.
  void handle_dropped();

  asio::any_io_executor executor;
  loop::reaper reaper;
  pid_t pid = -1;
  std::string file;
  arguments args;
  bool killed = false;
  bool timed_out = false;
  process::tree tree;
  bool ends_tree = false;  // when the child ends
  brood::on_drop on_drop = brood::on_drop::leave;
  stop_steps stop_steps_of_options;      // spawn_options::stop
  std::chrono::milliseconds timeout{0};  // spawn_options::timeout; 0: none
  unique_fd channel_end;                 // until watch()

  std::weak_ptr<writable_state> in;
  std::weak_ptr<readable_state> out;
  std::weak_ptr<readable_state> err;
  const std::shared_ptr<ipc::endpoint> channel;  // already closed for a child without a channel

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
  // identifies the current steps, because a timer of earlier ones may have fired with its handler still queued
  unsigned stop_number_ = 0;
  bool stopping_ = false;
  std::vector<pid_t> left_behind_;  // by a child that ended during the stop steps
  std::optional<loop::descriptor> awaited_;
};

}  // namespace brood::detail::process

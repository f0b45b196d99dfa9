#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launch/launch.hpp"
#include "process/child_state.hpp"
#include "sys/terminal.hpp"

namespace brood::detail::process {

/// The common parameters of spawn(), fork() and exec().
struct start_request {
  std::string file;
  arguments args;  ///< without argv[0]
  spawn_options options;
  stdio usual = stdio::pipe;  ///< the default for standard streams that the options do not set
  /// If given, the child gets the other end: at the place of stdio::channel, or after all other descriptors.
  std::shared_ptr<ipc::endpoint> channel{};
  /// The child's environment. If not given, it is made from the options. A caller that prepares on another thread makes
  /// it first, because other code may change this process's environment meanwhile.
  std::optional<environment_block> env{};
};

/// A started child: its state, and the parent's ends of its pipes, which belong to the handle.
struct started {
  std::shared_ptr<child_state> state{};
  std::shared_ptr<writable_state> in{};
  std::shared_ptr<readable_state> out{};
  std::shared_ptr<readable_state> err{};
  std::vector<unique_fd> more{};  // index: descriptor - 3
};

/// The two halves of start(), for a caller that launches elsewhere: everything before the launch, and everything after
/// it. Any thread may call both, as long as the loop exists.
class preparation {
 public:
  explicit preparation(start_request request);

  launch::plan& plan() noexcept { return *plan_; }
  /// Creates the child's state and handles. child_state::watch() must then be called on the loop.
  started adopt(const asio::any_io_executor& ex, launch::process launched);
  /// The loop was destroyed during the launch: there is no handle, and later starts collect the child.
  void abandon(launch::process launched);

 private:
  struct stream_ends {
    int child = -1;  // borrowed, or owned by child_end
    unique_fd child_end{};
    unique_fd parent_end{};
    bool terminal = false;
  };

  void drop_childs_side() noexcept;
  void open_streams();
  stream_ends open_stream(const stdio& kind, int number);
  static stream_ends open_pipe(int number);
  static stream_ends open_both_ways();
  stream_ends open_channel();
  stream_ends open_terminal(int number);
  launch::request to_launch();
  tree tree_of(pid_t root) const;
  bool leads_session() const noexcept;

  start_request request_;
  std::vector<stream_ends> ends_;  // index: the child's descriptor
  unique_fd channel_end_;
  int channel_number_ = -1;  // the child's number of the channel
  sys::terminal terminal_;
  bool seen_terminal_ = false;
  int terminal_number_ = -1;  // the first of the child's descriptors that is the terminal
  unique_fd cgroup_;
  std::string mark_;
  std::uint64_t start_ = 0;
  std::unique_ptr<launch::plan> plan_;
  std::vector<std::string> argv_;  // taken from the plan, which no longer exists then
};

}  // namespace brood::detail::process

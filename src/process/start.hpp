#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launch/launch.hpp"
#include "process/child_state.hpp"
#include "sys/terminal.hpp"

namespace brood::process {

/// What spawn(), fork() and exec() have in common.
struct start_request {
  std::string file;
  arguments args;  ///< without argv[0]
  spawn_options options;
  stdio usual = stdio::pipe;  ///< what a standard stream gets that the options leave open
  /// If given, the child gets the other end: where the options say stdio::channel, else after all other descriptors.
  std::shared_ptr<ipc::endpoint> channel{};
  /// The child's environment as lines. Empty: made of the options by preparation. Who prepares on another thread makes
  /// it before, since other code may change this process's environment meanwhile.
  std::vector<std::string> env{};
};

/// Gives the request a channel if its options have a place for one.
void add_channel(start_request& request, const asio::any_io_executor& ex);
/// Whether one of the child's descriptors shall be such a thing.
bool has_stdio(const spawn_options& options, stdio::kind kind);

/// The descriptors that options give away, to be closed when the child is started though the program may keep the
/// options. Not before: another thread may be at it.
class given_away {
 public:
  given_away() = default;
  explicit given_away(const spawn_options& options);

  void close() noexcept;

 private:
  std::vector<std::shared_ptr<unique_fd>> all_;
};

/// A started child: its state, and the parent's ends of its pipes, which belong to the handle.
struct started {
  std::shared_ptr<child_state> state{};
  std::shared_ptr<writable_state> in{};
  std::shared_ptr<readable_state> out{};
  std::shared_ptr<readable_state> err{};
  std::vector<unique_fd> more{};  // index: descriptor - 3
};

/// Whether the descriptors named are there: to be called before anything is opened, since a number that is free now
/// would be one of ours afterwards, and passed on by mistake. Throws spawn_error.
void check(const start_request& request);

/// A loop makes its epoll at the first use and may find no descriptor left for it: to be called before there is a child
/// to watch, since it would be left unwatched. Throws spawn_error.
void wake_loop(const asio::any_io_executor& ex, const std::string& file);

/// Throws spawn_error; then no descriptor and no child is left.
started start(const asio::any_io_executor& ex, start_request request);

/// The two halves of start(), for who makes the launch itself somewhere else: everything before it, and after.
class preparation {
 public:
  explicit preparation(start_request request);

  launch::plan& plan() noexcept { return *plan_; }
  /// Lets go of what only the child needed, once it runs: its ends of the pipes, the plan. To be done where it costs
  /// least, before adopt() or by it.
  void drop_childs_side() noexcept;
  started adopt(const asio::any_io_executor& ex, launch::process launched);

 private:
  struct stream_ends {
    int child = -1;  // borrowed, or owned by child_end
    unique_fd child_end{};
    unique_fd parent_end{};
    bool terminal = false;
  };

  void open_streams();
  stream_ends open_stream(const stdio& kind, int number);
  static stream_ends open_pipe(int number);
  static stream_ends open_both_ways();
  stream_ends open_channel();
  stream_ends open_terminal(int number);
  launch::request to_launch();

  start_request request_;
  std::vector<stream_ends> ends_;  // index: the child's descriptor
  unique_fd channel_end_;
  int channel_number_ = -1;  // the child's number of its end
  sys::terminal terminal_;
  bool seen_terminal_ = false;
  int terminal_number_ = -1;  // the first of the child's descriptors that is the terminal
  unique_fd cgroup_;
  std::string mark_;
  std::unique_ptr<launch::plan> plan_;
  std::vector<std::string> argv_;  // of the plan, once that is gone
};

/// fork(): the same for a module, with a channel that is `channel` on this side.
started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options);

}  // namespace brood::process

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brood/serialization.hpp"
#include "brood/stdio.hpp"

namespace brood {

namespace detail {
/// The first member of each options struct. Its constructor is explicit, so options can be initialized by member names
/// only. Without it, `spawn(loop, shell("grep -c"), {"x"})` would take "x" for the working directory.
struct by_name {
  explicit constexpr by_name() noexcept {}
};
}  // namespace detail

using arguments = std::vector<std::string>;

/// The environment of a child. A default-constructed one is this process's own environment at the time of the start.
///
/// `{{"PATH", "/bin"}}` replaces the inherited environment, as Node's `env` does. `environment{}.set(..).unset(..)`
/// changes it. The variables of a message channel (NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE, NODE_UNIQUE_ID,
/// BROOD_CHANNEL) are never inherited, because they belong to this process alone.
class environment {
 public:
  using variable = std::pair<const std::string, std::string>;

  environment() = default;
  environment(std::initializer_list<variable> exactly);

  environment& set(std::string name, std::string value);
  environment& unset(std::string name);
  /// Adds the variables that `other` sets and removes those that it unsets. If `other` replaces the environment, so
  /// does the result.
  environment& merge(const environment& other);

  /// Returns "NAME=value" for each variable of the child: the inherited ones in their own order, then those that were
  /// set, sorted by name.
  std::vector<std::string> block() const;

 private:
  friend class environment_block;

  bool inherits_ = true;
  std::map<std::string, std::optional<std::string>, std::less<>> changes_;
};

/// The user and groups that the child runs as. This process needs the rights to switch to them. If a step fails, the
/// spawn_error names it.
struct identity {
  std::optional<uid_t> uid{};
  std::optional<gid_t> gid{};
  /// The supplementary groups. If not given: none if uid or gid is set (as in Node), otherwise those of this process.
  std::optional<std::vector<gid_t>> groups{};
  /// The child and its descendants cannot gain privileges by executing a program (PR_SET_NO_NEW_PRIVS).
  bool no_new_privs = false;
};

/// One limit of setrlimit(2): RLIMIT_NOFILE, RLIMIT_AS ...
struct resource_limit {
  int resource;
  std::uint64_t soft;
  std::uint64_t hard;
};

/// Resource limits and scheduling of the child.
struct limits {
  std::vector<resource_limit> resources{};
  std::optional<int> nice{};  ///< -20 to 19, an absolute value (setpriority(2))
  std::optional<mode_t> umask{};
  std::vector<int> cpus{};  ///< the processors that the child may run on; empty: those of this process
};

/// One step of ending a process: sends `signal`, then waits up to `timeout` before the next step.
struct stop_step {
  int signal;
  std::chrono::milliseconds timeout;
};
/// The steps of ending a process, taken in order until it has exited. Time limits, stop() and shutdown use them.
using stop_steps = std::vector<stop_step>;
inline const stop_steps default_stop{{SIGTERM, std::chrono::seconds(5)}, {SIGKILL, std::chrono::seconds(0)}};

/// The size of a terminal, in characters.
struct terminal_size {
  unsigned short rows = 24;
  unsigned short columns = 80;
};

/// What happens to a running child when its handle is destroyed. In each case the child is reaped while the loop runs.
enum class on_drop {
  leave,  ///< the child keeps running
  stop,   ///< child_process::stop() with the steps of the options
  kill    ///< the same with SIGKILL as the only step
};

/// Options of spawn(). They are given by name: `{.cwd = "/tmp", .group = true}`.
struct spawn_options {
  detail::by_name by_name = detail::by_name();
  /// The working directory of the child. A relative command is resolved from it. Empty: this process's own.
  std::filesystem::path cwd{};
  environment env{};
  /// argv[0] of the program. Empty: the command as given.
  std::string argv0{};
  stdio in{};
  stdio out{};
  stdio err{};
  /// The child's file descriptors from 3 on. A pipe is a bidirectional socket here: child.release_stdio(n).
  std::vector<stdio> more{};
  /// The size of the terminal window until child.resize(). If a stream is stdio::terminal, the child leads a session of
  /// its own (as if `detached`), and the terminal controls that session. The child's output arrives at child.out().
  terminal_size terminal{};
  /// Starts the child in a session of its own (setsid(2)), so that it survives this process's terminal.
  bool detached = false;
  /// Makes the child the leader of a process group and marks its environment. Then kill_tree(), stop(), time limits,
  /// on_drop and cancellation reach its tree: see child_process::kill_tree.
  bool group = false;
  /// A cgroup v2 directory that this process may write to. The child starts in this cgroup. Its tree is every process
  /// in the cgroup, and the same calls reach that tree.
  std::filesystem::path cgroup{};
  /// Kills the rest of the tree with SIGKILL when the child exits, if the loop runs. Implies `group` unless `cgroup` is
  /// given.
  bool tree = false;
  /// The child gets SIGKILL when this process ends, for whatever reason (PR_SET_PDEATHSIG). Children of the child do
  /// not.
  bool die_with_parent = false;
  identity as{};
  brood::limits limits{};
  /// Time limit. A child that runs longer is ended by the steps of `stop`. 0: no limit.
  std::chrono::milliseconds timeout{0};
  stop_steps stop = default_stop;
  brood::on_drop on_drop = brood::on_drop::leave;
  /// fork() only: the program that runs the module. Empty: `node`, looked up in PATH, for .js, .mjs and .cjs; other
  /// modules are executed directly.
  std::string exec_path{};
  /// fork() only: arguments of exec_path, or of `node`, before the module.
  arguments exec_args{};
  /// fork() only: the serialization of messages in both directions. The child learns it from its environment.
  brood::serialization serialization = brood::serialization::json;
};

/// Options of fork(): the same as of spawn(). Standard streams are inherited by default. The message channel takes the
/// place of stdio::channel. Without one it gets the first number after those of `more`, which is usually 3.
using fork_options = spawn_options;

}  // namespace brood

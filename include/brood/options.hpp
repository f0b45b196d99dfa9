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
/// The first member of options, so that they can only be given by name: without it, `spawn(loop, shell("grep -c"),
/// {"x"})` would take "x" for the directory.
struct by_name {
  explicit constexpr by_name() noexcept {}
};
}  // namespace detail

using arguments = std::vector<std::string>;

/// The environment of a child. Left alone, it is this process's own at the moment of the start.
///
/// `{{"PATH", "/bin"}}` replaces it: the child sees just these, as with Node's `env`. `environment{}.set(..).unset(..)`
/// changes the inherited one. The variables of a message channel (NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE,
/// NODE_UNIQUE_ID, BROOD_CHANNEL) are never inherited: they belong to this process alone.
class environment {
 public:
  using variable = std::pair<const std::string, std::string>;

  environment() = default;
  environment(std::initializer_list<variable> exactly);

  environment& set(std::string name, std::string value);
  environment& unset(std::string name);
  /// Adds what `other` sets and removes what it unsets; if `other` replaces, the result replaces too.
  environment& merge(const environment& other);

  /// "NAME=value" for each variable the child will have: the inherited ones in their own order, then those that were
  /// set, in the order of their names.
  std::vector<std::string> block() const;

 private:
  friend class environment_block;

  bool inherits_ = true;
  std::map<std::string, std::optional<std::string>, std::less<>> changes_;
};

/// Who the child runs as. Needs the rights to become so; a step that fails is named by the spawn_error.
struct identity {
  std::optional<uid_t> uid{};
  std::optional<gid_t> gid{};
  /// The supplementary groups. Not given: none, where uid or gid is (as Node), else those of this process.
  std::optional<std::vector<gid_t>> groups{};
  /// The child and all below it can gain no rights by executing a program (PR_SET_NO_NEW_PRIVS).
  bool no_new_privs = false;
};

/// One limit of setrlimit(2): RLIMIT_NOFILE, RLIMIT_AS ...
struct resource_limit {
  int resource;
  std::uint64_t soft;
  std::uint64_t hard;
};

/// How much of the machine the child gets.
struct limits {
  std::vector<resource_limit> resources{};
  std::optional<int> nice{};  ///< as of setpriority(2): -20 to 19, an absolute value
  std::optional<mode_t> umask{};
  std::vector<int> cpus{};  ///< the processors it may run on; empty: as this process
};

/// One step of making a process end: send the signal, then wait so long for the end before the next step.
struct stop_step {
  int signal;
  std::chrono::milliseconds timeout;
};
/// The steps of making a process end, taken in order until it has: the same for time limits, stop() and shutdown.
using stop_steps = std::vector<stop_step>;
inline const stop_steps default_stop{{SIGTERM, std::chrono::seconds(5)}, {SIGKILL, std::chrono::seconds(0)}};

/// The size of a terminal, in characters.
struct terminal_size {
  unsigned short rows = 24;
  unsigned short columns = 80;
};

/// What becomes of a child whose handle is dropped while it runs. In each case it is reaped while the loop runs.
enum class on_drop {
  leave,  ///< it runs on
  stop,   ///< as child_process::stop, by the steps of the options
  kill    ///< the same with SIGKILL as its only step
};

/// Given by name: `{.cwd = "/tmp", .group = true}`.
struct spawn_options {
  detail::by_name by_name = detail::by_name();
  /// The directory the program runs in; a relative command is looked up from there. Empty: this process's own.
  std::filesystem::path cwd{};
  environment env{};
  /// What the program sees as argv[0]. Empty: the command as given.
  std::string argv0{};
  stdio in{};
  stdio out{};
  stdio err{};
  /// For the child's descriptors 3, 4 and so on. A pipe is a stream both ways here: child.release_stdio(n).
  std::vector<stdio> more{};
  /// Where a stream is stdio::terminal, the child leads a session of its own (as if `detached`) that this terminal
  /// controls; its window has this size until child.resize(). What the child writes to it comes from child.out().
  terminal_size terminal{};
  /// Puts the child into a session of its own (setsid), so that it outlives this process's terminal.
  bool detached = false;
  /// Makes the child the leader of a process group and marks its environment. kill_tree(), stop(), time limits, on_drop
  /// and cancellation then reach the tree of the child: see child_process::kill_tree.
  bool group = false;
  /// A directory of cgroup v2 that this process may write to. The child starts in it, and its tree is all processes in
  /// it, which the same calls reach.
  std::filesystem::path cgroup{};
  /// The tree ends with the child: what is left of it when the child has exited gets SIGKILL. Implies `group`, unless
  /// there is a cgroup. Only while the loop runs.
  bool tree = false;
  /// The child gets SIGKILL when this process ends, however it ends (PR_SET_PDEATHSIG). Its own children do not.
  bool die_with_parent = false;
  identity as{};
  brood::limits limits{};
  /// Ends the child by `stop` when it runs longer. 0: no limit.
  std::chrono::milliseconds timeout{0};
  stop_steps stop = default_stop;
  brood::on_drop on_drop = brood::on_drop::leave;
  /// For fork() alone: what runs the module. Empty: `node` (found in PATH) for .js, .mjs and .cjs, else the module
  /// itself is executed.
  std::string exec_path{};
  /// For fork() alone: arguments for exec_path, or for `node`, before the module.
  arguments exec_args{};
  /// For fork() alone: the form of the messages, both ways. The child is told in its environment.
  brood::serialization serialization = brood::serialization::json;
};

/// fork() takes the same options. Its standard streams are inherited unless told otherwise, and the message channel
/// takes the first free descriptor after those named here: 3, as a rule; or the place of stdio::channel.
using fork_options = spawn_options;

}  // namespace brood

#pragma once

#include <sys/types.h>

#include <csignal>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/exit_status.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"
#include "brood/options.hpp"
#include "brood/shell.hpp"
#include "brood/stream.hpp"
#include "brood/unique_fd.hpp"

namespace brood {

namespace detail::process {
struct child_state;
struct started;
}  // namespace detail::process

/// What child_process::kill_tree() did, and what it could not know.
struct tree_report {
  std::size_t signalled = 0;  ///< processes that got the signal; at least so many, if `incomplete`
  std::vector<pid_t> left{};  ///< processes of the tree that the system did not let this one signal
  /// Something could not be looked at: /proc is not there or no file descriptor was left, or a file of the cgroup could
  /// not be opened. The child itself and its group got the signal all the same.
  bool incomplete = false;
  /// The last pass still found processes that were new, or that ended before it could look at them and may have left
  /// others. Call kill_tree() again. On a machine that starts very many processes these may be of others.
  bool still_forking = false;
  /// A process may have escaped unseen: one that left the session and then cleared its environment or became another
  /// user. Only a cgroup rules that out.
  bool may_have_escaped = false;

  /// Whether each process of the tree got the signal, for certain. Without a cgroup nothing is.
  bool reached_all() const noexcept { return reached_all_found() && !may_have_escaped; }
  /// Whether each process that can be found got it.
  bool reached_all_found() const noexcept { return left.empty() && !incomplete && !still_forking; }
};

/// A running child, or one that has ended. A move-only handle on shared state: moving it disturbs no wait.
///
/// Dropping it leaves the child running, unless spawn_options::on_drop says otherwise; the child is still reaped while
/// the loop runs. Listeners that were added through the handle or its streams are not called any more, and the pipes
/// are closed once what was written to them has left. Operations that wait still complete. detach() keeps the
/// listeners.
///
/// Thread safety: pid(), file() and args() may be called from any thread. For everything else: none of its own. Use it,
/// and run its handlers, one at a time: an io_context run by one thread, or a strand.
class child_process : public message_sender {
 public:
  child_process(child_process&&) noexcept = default;
  /// Drops the child that the handle held, as the destructor does.
  child_process& operator=(child_process&& other) noexcept;
  ~child_process();

  /// Gives up the handle, but not its listeners: the child runs on and they are called as before. The child's input
  /// ends after what was written; output that nobody listens to is closed. `spawn_options::on_drop` does not apply.
  /// What the listeners use must live as long as the child.
  void detach() &&;

  pid_t pid() const noexcept;
  /// The command as given, and all arguments the program sees, argv[0] included.
  const std::string& file() const noexcept;
  const arguments& args() const noexcept;

  /// How it ended, once it was reaped.
  std::optional<brood::exit_status> exit_status() const;

  /// The pipes. Only where the options say `stdio::pipe` or `stdio::terminal`; otherwise std::logic_error. Of a
  /// terminal what the child writes comes from out(), also what it writes to stderr, and in().end() types the end of
  /// the input.
  writable& in();
  readable& out();
  readable& err();
  /// Hands over the parent's end of a pipe of spawn_options::more: a stream socket, both ways, for descriptors from 3
  /// on. Once each; std::logic_error otherwise. `asio::local::stream_protocol::socket` takes it. Of a terminal that
  /// none of the first three is, the master.
  unique_fd release_stdio(int number);
  /// The child's terminal has another size; it gets SIGWINCH. boost::system::system_error where it has none.
  void resize(terminal_size size);

  /// The child was reaped. Everything it sent over the channel is delivered before.
  /// Its async_wait completes with errc::status_lost where other code of this process collected the status.
  one_shot_event<brood::exit_status> exited;
  /// Exited, and its output pipes and its channel are at their end as well: nothing more can come. Whoever listens to
  /// the output (readable::on_data) has heard all of it, however often he paused; what nobody wants is not waited for.
  one_shot_event<brood::exit_status> closed;

  /// The message channel, for children made by fork() or given stdio::channel. Others end `messages` at once.
  inbox<message> messages;
  /// The channel is gone. The value is why: no error where either side closed it in good order.
  one_shot_event<error_code> disconnected;

  /// Closes the channel once all that was sent has left. Messages still coming in are dropped.
  void disconnect();
  bool connected() const noexcept;

  /// Sends a signal, to this process and no other: false when it has already ended. 0 only asks. Throws
  /// boost::system::system_error when the system refuses (EPERM, EINVAL for no signal at all).
  bool kill(int signal = SIGTERM);
  /// Sends a signal to the tree of the child and reports what it reached. Started with
  /// - `.cgroup`: the tree is every process in the cgroup and in those below it. None can escape.
  /// - `.group`: every process that descends from the child by living parents, is in its process group, is in a session
  ///   that one of these made, or carries the mark that the child got in its environment (BROOD_TREE), which its
  ///   descendants inherit. See tree_report::may_have_escaped.
  /// - neither: every process that descends from the child by living parents.
  ///
  /// Processes may fork meanwhile: it searches in passes, until one finds nothing new. It makes at most ten, and begins
  /// none later than after 200 ms. The child always gets the signal, unless it was reaped. If /proc or the cgroup
  /// cannot be read, so does the group, and the report is `incomplete`. A search reads /proc on the calling thread:
  /// docs/child_process.md says how long that takes.
  tree_report kill_tree(int signal = SIGKILL);
  /// Ends the child by steps: sends a signal, waits, sends the next one, until it has ended. Started with `.group`,
  /// `.cgroup` or `.tree` it reaches the whole tree as kill_tree() does, and goes on until the tree has ended;
  /// otherwise it reaches the child alone. The same is true of time limits, `on_drop` and a cancelled
  /// exec_run::async_result. A second call replaces the steps of the first. Throws std::invalid_argument for steps that
  /// could end nothing: no step, or one with an invalid signal.
  void stop(stop_steps steps = default_stop);
  /// Whether spawn_options::timeout or exec_options::timeout was over before the child had ended.
  bool timed_out() const noexcept;
  /// Whether a kill() has reached it; it says nothing about its end.
  bool killed() const noexcept;

  /// Whether the child keeps the loop's run() from returning. It does until unref(). If the loop still runs when the
  /// child ends, its events come as usual. An operation that waits for the child (`exited.async_wait`) keeps run() from
  /// returning in any case, as Asio's operations do.
  /// Throws: unref() throws std::logic_error unless the child was started on the executor of an io_context itself: the
  /// work of a strand or of a thread pool cannot be left out of the count.
  void ref();
  void unref();

 private:
  friend detail::access;
  explicit child_process(detail::process::started parts);

  detail::state_ptr<detail::process::child_state> state_;
  std::unique_ptr<writable> in_;  // on the heap: references to them outlive a move
  std::unique_ptr<readable> out_;
  std::unique_ptr<readable> err_;
  std::vector<unique_fd> more_;
};

/// A sentence: `child 4711 (ls -l) is running`, `child 4711 (ls -l) exited with code 0`.
std::string to_string(const child_process& child);
std::ostream& operator<<(std::ostream& out, const child_process& child);

/// Starts a program; it runs when this returns.
///
/// A command without a slash is looked up in PATH, the child's own. The child gets just the descriptors the options
/// name, default signal handlers and an empty signal mask.
/// Throws spawn_error, which says what could not be done to what.
child_process spawn(executor ex, const std::string& command, arguments args = {}, const spawn_options& options = {});
child_process spawn(executor ex, const std::string& command, const spawn_options& options);
/// The same for a line of shell, which takes no further arguments.
child_process spawn(executor ex, const shell& line, const spawn_options& options = {});

/// Starts a module with a message channel, as Node's fork() does, in one of Node's serializations: the child is a Node
/// script, a brood program with a `parent_channel`, or any other that speaks Node's protocol.
///
/// `.js`, `.mjs` and `.cjs` are run with `node`, anything else is executed. Throws spawn_error.
child_process fork(executor ex, const std::string& module, arguments args = {}, const fork_options& options = {});
child_process fork(executor ex, const std::string& module, const fork_options& options);

}  // namespace brood

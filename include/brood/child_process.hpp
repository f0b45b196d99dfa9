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

/// The result of child_process::kill_tree(), including what it could not determine.
struct tree_report {
  std::size_t signalled = 0;  ///< processes that got the signal; a lower bound if `incomplete`
  std::vector<pid_t> left{};  ///< processes of the tree that this process has no permission to signal
  /// Something could not be inspected: /proc is missing, no file descriptor was left, or a file of the cgroup could not
  /// be opened. The child and its group got the signal nevertheless.
  bool incomplete = false;
  /// The last pass still found new processes, or processes that ended before they could be inspected and may have left
  /// others. Call kill_tree() again. On a machine that starts many processes they may be unrelated ones.
  bool still_forking = false;
  /// A process may have escaped unseen: one that left the session and then cleared its environment or changed its user.
  /// Only a cgroup rules that out.
  bool may_have_escaped = false;

  /// Whether every process of the tree certainly got the signal. Always false without a cgroup.
  bool reached_all() const noexcept { return reached_all_found() && !may_have_escaped; }
  /// Whether every process that can be found got the signal.
  bool reached_all_found() const noexcept { return left.empty() && !incomplete && !still_forking; }
};

/// A child process, running or ended. A move-only handle on shared state: moving it does not affect pending operations.
///
/// Destroying it leaves the child running unless spawn_options::on_drop says otherwise. The child is still reaped while
/// the loop runs. Listeners that were added through the handle or its streams are not called any more. The pipes are
/// closed after written data has been sent. Pending operations still complete. detach() keeps the listeners.
///
/// Thread safety: pid(), file() and args() may be called from any thread. For everything else: none of its own. Use it,
/// and run its handlers, one at a time: an io_context run by one thread, or a strand.
class child_process : public message_sender {
 public:
  child_process(child_process&&) noexcept = default;
  /// Releases the current child as the destructor does.
  child_process& operator=(child_process&& other) noexcept;
  ~child_process();

  /// Gives up the handle but keeps its listeners: the child keeps running and they are called as before. The child's
  /// input ends after the written data; output without a listener is closed. `spawn_options::on_drop` does not apply.
  /// Objects that the listeners use must live as long as the child.
  void detach() &&;

  pid_t pid() const noexcept;
  /// The command as given, and the program's arguments including argv[0].
  const std::string& file() const noexcept;
  const arguments& args() const noexcept;

  /// The exit status, once the child was reaped.
  std::optional<brood::exit_status> exit_status() const;

  /// The streams, if the options say `stdio::pipe` or `stdio::terminal`. From a terminal, out() also delivers what the
  /// child writes to stderr, and in().end() types the end-of-file character.
  /// Throws: std::logic_error for a stream that is neither.
  writable& in();
  readable& out();
  readable& err();
  /// Returns the parent's end of a pipe of spawn_options::more, once. For numbers from 3 on it is a bidirectional
  /// stream socket: `asio::local::stream_protocol::socket` takes it. For a terminal that is none of the first three, it
  /// is the master side.
  /// Throws: std::logic_error if there is none or it was released before.
  unique_fd release_stdio(int number);
  /// Changes the size of the child's terminal. The child gets SIGWINCH.
  /// Throws: boost::system::system_error if it has no terminal.
  void resize(terminal_size size);

  /// The child has exited and was reaped. Everything it sent over the channel is delivered first. async_wait completes
  /// with errc::status_lost if other code of this process collected the status.
  one_shot_event<brood::exit_status> exited;
  /// The child has exited, and its output pipes and its channel have ended as well: no more data can arrive. A listener
  /// for the output (readable::on_data) has received all of it, even if the stream was paused. Output without a reader
  /// is not waited for.
  one_shot_event<brood::exit_status> closed;

  /// Messages from the child, if it was started by fork() or with stdio::channel. Otherwise the queue ends at once.
  inbox<message> messages;
  /// The channel is closed. The value is the reason: no error if either side closed it properly.
  one_shot_event<error_code> disconnected;

  /// Closes the channel after everything that was sent has been written. Messages that arrive meanwhile are dropped.
  void disconnect();
  bool connected() const noexcept;

  /// Sends a signal to the child process itself and to no other process. Signal 0 only checks whether it exists.
  /// Returns: false if the child has already ended.
  /// Throws: boost::system::system_error if the system refuses (EPERM; EINVAL for an invalid signal).
  bool kill(int signal = SIGTERM);
  /// Sends a signal to the tree of the child and reports what it reached. Started with
  /// - `.cgroup`: the tree is every process in the cgroup and in those below it. None can escape.
  /// - `.group`: every process that descends from the child by living parents, is in its process group, is in a session
  ///   that one of these made, or carries the mark that the child got in its environment (BROOD_TREE), which its
  ///   descendants inherit. See tree_report::may_have_escaped.
  /// - neither: every process that descends from the child by living parents.
  ///
  /// Processes may fork meanwhile: it searches in passes, until one finds nothing new. It makes at most ten. From the
  /// third on, none begins more than 200 ms after the first. The child always gets the signal, unless it was reaped. If
  /// /proc or the cgroup cannot be read, so does the group, and the report is `incomplete`. A search reads /proc on the
  /// calling thread: docs/child_process.md says how long that takes.
  tree_report kill_tree(int signal = SIGKILL);
  /// Ends the child in steps: sends a signal, waits, sends the next one, until it has exited. This reaches the child
  /// alone, unless it was started with `.group`, `.cgroup` or `.tree`. Then it reaches the whole tree, as kill_tree()
  /// does, and goes on until the tree has ended. The same is true of time limits, `on_drop` and a cancelled
  /// exec_run::async_result. A second call replaces the steps of the first.
  /// Throws: std::invalid_argument for no step, or for one with an invalid signal or a negative time-out.
  void stop(stop_steps steps = default_stop);
  /// Whether spawn_options::timeout or exec_options::timeout expired before the child ended.
  bool timed_out() const noexcept;
  /// Whether kill() has delivered a signal. The child may still be running.
  bool killed() const noexcept;

  /// Whether the child keeps the loop's run() from returning. It does until unref(). If the loop still runs when the
  /// child ends, its events are emitted as usual. A pending operation (`exited.async_wait`) keeps run() from returning
  /// in any case, as Asio's operations do.
  /// Throws: unref() throws std::logic_error unless the child was started on the executor of an io_context itself. The
  /// work of a strand or of a thread pool cannot be excluded from the count.
  void ref();
  void unref();

 private:
  friend detail::access;
  explicit child_process(detail::process::started parts);

  detail::state_ptr<detail::process::child_state> state_;
  std::unique_ptr<writable> in_;  // on the heap, because references to them must survive a move
  std::unique_ptr<readable> out_;
  std::unique_ptr<readable> err_;
  std::vector<unique_fd> more_;
};

/// A phrase: `child 4711 (ls -l) is running`, `child 4711 (ls -l) exited with code 0`.
std::string to_string(const child_process& child);
std::ostream& operator<<(std::ostream& out, const child_process& child);

/// Starts a program. It is running when this returns.
///
/// A command without a slash is looked up in the child's own PATH. The child gets exactly the descriptors that the
/// options name, default signal handlers and an empty signal mask.
/// Throws: spawn_error, which names the step that failed and its object.
child_process spawn(executor ex, const std::string& command, arguments args = {}, const spawn_options& options = {});
child_process spawn(executor ex, const std::string& command, const spawn_options& options);
/// The same for a line of shell, which takes no further arguments.
child_process spawn(executor ex, const shell& line, const spawn_options& options = {});

/// Starts a module with a message channel, as Node's fork() does, in one of Node's serializations. The module is a Node
/// script, a brood program with a `parent_channel`, or any other program that speaks Node's protocol.
///
/// `.js`, `.mjs` and `.cjs` are run with `node`; anything else is executed.
/// Throws: spawn_error.
child_process fork(executor ex, const std::string& module, arguments args = {}, const fork_options& options = {});
child_process fork(executor ex, const std::string& module, const fork_options& options);

}  // namespace brood

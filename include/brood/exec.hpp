#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "brood/child_process.hpp"
#include "brood/detail/token.hpp"

namespace brood {

namespace detail::process {
class exec_state;
}

/// Given by name: `{.cwd = "/tmp", .timeout = 2s}`.
struct exec_options {
  detail::by_name by_name = detail::by_name();
  std::filesystem::path cwd{};
  environment env{};
  /// What the command reads. A pipe is child().in(), to be ended by the program.
  stdio in{};
  identity as{};
  brood::limits limits{};
  /// As in spawn_options. The result does not wait for the end of the tree.
  bool group = false;
  std::filesystem::path cgroup{};
  bool tree = false;
  bool die_with_parent = false;
  /// Ends the command by `stop` when it takes longer. 0: no limit.
  std::chrono::milliseconds timeout{0};
  stop_steps stop = default_stop;
  /// How much of stdout, and as much of stderr, is kept; and what happens when there is more.
  std::size_t max_buffer = 1024 * 1024;
  enum class overflow {
    kill,      ///< the command is ended by `stop`, as Node does
    truncate,  ///< it runs on, the rest is read and thrown away
    spill,     ///< it runs on, and all of that output is in exec_result::out_file or err_file
  } on_overflow = overflow::kill;
  enum class capturing {
    pipe,  ///< read while the command runs
    /// Written into a file in memory (memfd_create(2)), read in the end. A write never waits for the reader, and
    /// nothing is lost when a program ends while its output is under way, as Node programs do that call process.exit().
    /// Its size has no bound but memory: under overflow::kill it is looked at every 20 ms.
    memory_file,
  } capture = capturing::pipe;
  /// What runs the line that exec() is given, called with "-c" and the line.
  std::string shell = "/bin/sh";
  /// What becomes of the command when the exec_run is dropped. The forms with a callback go on all the same.
  brood::on_drop on_drop = brood::on_drop::leave;
};

/// What became of a command.
struct exec_result {
  exit_status status{};
  std::string out{};
  std::string err{};
  /// There was more output than max_buffer, and the rest is lost; out and err hold what came first. False if the rest
  /// was spilled: then out_file or err_file has all of it.
  bool truncated = false;
  /// Where there was more and it was to be spilled: all of that output, in a file that is gone when this is. Read it
  /// with pread(2), from 0 on; copies of the result share it.
  std::shared_ptr<const unique_fd> out_file{};
  std::shared_ptr<const unique_fd> err_file{};
  bool timed_out = false;
  std::string command{};        ///< as it was run, for messages
  std::filesystem::path cwd{};  ///< where it ran, if it was told

  bool ok() const noexcept { return status.ok() && !truncated && !timed_out; }
  /// Throws exec_error unless ok(); else returns *this.
  const exec_result& check() const;
};

/// A command that did not do its work. what() names it, where it ran, how it ended and the last lines it wrote to
/// stderr: `command "git pull" in /srv/app exited with code 1: fatal: not a git repository`.
class exec_error : public std::runtime_error {
 public:
  explicit exec_error(exec_result r);
  const exec_result& result() const noexcept { return result_; }

 private:
  exec_result result_;
};

/// A command under way, whose output is being collected. Dropping it lets the command run on, unheard, unless
/// exec_options::on_drop says otherwise.
class [[nodiscard]] exec_run {
 public:
  /// The process itself: to write to in(), or to kill.
  child_process& child() noexcept { return child_; }

  /// Completes when the command has exited and what it wrote was read. A grandchild that keeps the pipes open does not
  /// hold it up.
  /// Completion signature: `void(error_code, exec_result)`. A command that fails is a result, not an error.
  /// Errors: errc::status_lost; the reason why the output could not be read or kept; operation_aborted when cancelled.
  /// Cancellation: `total` sends SIGINT, `partial` sends SIGTERM. `terminal`, or several types at once, ends the
  /// command by exec_options::stop; that is what `||` of Asio's awaitable_operators emits. Each reaches what stop()
  /// reaches: the tree, if the command was started with `.group`, `.cgroup` or `.tree`. The wait completes at once; the
  /// command is reaped when it has ended.
  template <boost::asio::completion_token_for<void(error_code, exec_result)> Token = detail::default_token>
  auto async_result(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, exec_result)>(
        [state = state_](auto handler) { wait(*state, std::move(handler)); }, token);
  }
  template <class Token = detail::default_token>
  void async_result(Token&& = Token{}) && {
    static_assert(detail::never<Token>,
                  "name the run first: `auto run = brood::exec(...); co_await run.async_result();`, "
                  "or write `co_await brood::async_exec(...)`");
  }

 private:
  using result_handler = boost::asio::any_completion_handler<void(error_code, exec_result)>;
  static void wait(detail::process::exec_state& state, result_handler handler);
  friend detail::access;
  exec_run(child_process child, std::shared_ptr<detail::process::exec_state> state);

  child_process child_;
  std::shared_ptr<detail::process::exec_state> state_;
};

using exec_callback = std::function<void(error_code, exec_result)>;

/// Runs a line of shell, as Node's exec(). Nothing in it is quoted for you: put no foreign text into it, but use
/// exec_file(). Throws spawn_error.
exec_run exec(executor ex, const std::string& line, const exec_options& options = {});
/// Runs a program with arguments that no shell looks at.
exec_run exec_file(executor ex, const std::string& file, arguments args = {}, const exec_options& options = {});

/// Node's forms: the callback gets what async_result() would. They return the running child.
child_process exec(executor ex, const std::string& line, exec_options options, exec_callback done);
child_process exec_file(executor ex, const std::string& file, arguments args, exec_options options, exec_callback done);

}  // namespace brood

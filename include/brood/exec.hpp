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

/// Options of exec() and exec_file(). They are given by name: `{.cwd = "/tmp", .timeout = 2s}`.
struct exec_options {
  detail::by_name by_name = detail::by_name();
  std::filesystem::path cwd{};
  environment env{};
  /// The command's standard input. A pipe is child().in(), which the caller must end.
  stdio in{};
  identity as{};
  brood::limits limits{};
  /// As in spawn_options. The result does not wait until the tree has ended.
  bool group = false;
  std::filesystem::path cgroup{};
  bool tree = false;
  bool die_with_parent = false;
  /// Time limit. A command that runs longer is ended by the steps of `stop`. 0: no limit.
  std::chrono::milliseconds timeout{0};
  stop_steps stop = default_stop;
  /// The maximum number of bytes kept, for stdout and stderr each. `overflow` decides what happens beyond it.
  std::size_t max_buffer = 1024 * 1024;
  enum class overflow {
    kill,      ///< the command is ended by the steps of `stop`, as in Node
    truncate,  ///< the command keeps running; further output is read and discarded
    spill,     ///< the command keeps running; exec_result::out_file or err_file has all of that output
  } on_overflow = overflow::kill;
  enum class capturing {
    pipe,  ///< the output is read while the command runs
    /// The output goes to a file in memory (memfd_create(2)), which is read at the end. A write never waits for the
    /// reader. No output is lost if a program exits before its output was read, as Node programs do that call
    /// process.exit(). Only memory bounds its size; under overflow::kill the size is checked every 20 ms.
    memory_file,
  } capture = capturing::pipe;
  /// The shell that runs the line given to exec(). It is called with "-c" and the line.
  std::string shell = "/bin/sh";
  /// What happens to the command when the exec_run is destroyed. The forms with a callback ignore it.
  brood::on_drop on_drop = brood::on_drop::leave;
};

/// The result of a command.
struct exec_result {
  exit_status status{};
  std::string out{};
  std::string err{};
  /// There was more output than max_buffer and the rest was discarded; out and err hold the beginning. False if the
  /// rest was spilled: out_file or err_file has all of it then.
  bool truncated = false;
  /// All of the output, if it was spilled, in an unnamed file that exists as long as this pointer. Read it with
  /// pread(2) from offset 0: copies of the result share the file offset.
  std::shared_ptr<const unique_fd> out_file{};
  std::shared_ptr<const unique_fd> err_file{};
  bool timed_out = false;
  std::string command{};        ///< the command as it was run, for messages
  std::filesystem::path cwd{};  ///< the working directory, if one was given

  bool ok() const noexcept { return status.ok() && !truncated && !timed_out; }
  /// Returns *this if ok().
  /// Throws: exec_error otherwise.
  const exec_result& check() const;
};

/// A command failed. what() names the command, its working directory, how it ended and the last lines it wrote to
/// stderr: `command "git pull" in /srv/app exited with code 1: fatal: not a git repository`.
class exec_error : public std::runtime_error {
 public:
  explicit exec_error(exec_result r);
  const exec_result& result() const noexcept { return result_; }

 private:
  exec_result result_;
};

/// A running command whose output is being collected. If it is destroyed, the command keeps running and its output is
/// discarded, unless exec_options::on_drop says otherwise.
class [[nodiscard]] exec_run {
 public:
  /// The process: to write to its input, or to signal it.
  child_process& child() noexcept { return child_; }

  /// Completes when the command has exited and its output was read. A grandchild that keeps the pipes open does not
  /// delay it.
  /// Completion signature: `void(error_code, exec_result)`. A command that fails is a result, not an error.
  /// Errors: errc::status_lost; the reason why the output could not be read or kept; operation_aborted when cancelled.
  /// Cancellation: `total` sends SIGINT, `partial` sends SIGTERM. `terminal`, or several types at once, ends the
  /// command by exec_options::stop; `||` of Asio's awaitable_operators emits several types. Each reaches the same
  /// processes as stop(): the tree, if the command was started with `.group`, `.cgroup` or `.tree`. The wait completes
  /// at once, and the command is reaped when it has ended.
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

/// Runs a line of shell, as Node's exec(). Nothing in the line is quoted: pass untrusted text as an argument of
/// exec_file() instead.
/// Throws: spawn_error.
exec_run exec(executor ex, const std::string& line, const exec_options& options = {});
/// Runs a program with arguments that no shell interprets.
/// Throws: spawn_error.
exec_run exec_file(executor ex, const std::string& file, arguments args = {}, const exec_options& options = {});

/// Node's forms. The callback is called with what async_result() completes with. They return the running child.
child_process exec(executor ex, const std::string& line, exec_options options, exec_callback done);
child_process exec_file(executor ex, const std::string& file, arguments args, exec_options options, exec_callback done);

}  // namespace brood

#include "brood/exec.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/prefer.hpp>

#include "brood/async_exec.hpp"
#include "brood/shell.hpp"
#include "process/exec_state.hpp"
#include "process/start.hpp"

namespace brood {
namespace {

namespace asio = boost::asio;

constexpr const char* no_command = "command \"\" (it is empty)";

/// A running command that its loop does not watch yet.
struct started_command {
  detail::process::started parts;
  std::shared_ptr<detail::process::exec_state> state;
};

/// A running command that its loop watches.
struct running {
  child_process child;
  std::shared_ptr<detail::process::exec_state> state;
};

/// May be called on any thread.
started_command start(const asio::any_io_executor& ex, const std::string& file, arguments args,
                      const exec_options& options, std::string command) {
  spawn_options how{.cwd = options.cwd,
                    .env = options.env,
                    .in = options.in,
                    .group = options.group,
                    .cgroup = options.cgroup,
                    .tree = options.tree,
                    .die_with_parent = options.die_with_parent,
                    .as = options.as,
                    .limits = options.limits,
                    .timeout = options.timeout,
                    .stop = options.stop,
                    .on_drop = options.on_drop};
  detail::process::check_limits(how);
  how.timeout = {};                      // the state has its own time limit, so that it can report it
  detail::process::wake_loop(ex, file);  // the state uses timers, and the loop may have no descriptor left for them
  auto state = std::make_shared<detail::process::exec_state>(ex, options, std::move(command));
  state->choose_outputs(how);
  detail::process::started parts =
      detail::process::start_unwatched(ex, {.file = file, .args = std::move(args), .options = std::move(how)});
  return {std::move(parts), std::move(state)};
}

started_command start_line(const asio::any_io_executor& ex, const std::string& line, const exec_options& options) {
  if (line.empty()) throw spawn_error(spawn_step::argument, {EINVAL, boost::system::system_category()}, no_command);
  return start(ex, options.shell, {"-c", line}, options, line);
}

started_command start_file(const asio::any_io_executor& ex, const std::string& file, arguments args,
                           const exec_options& options) {
  std::string command;
  try {
    command = shell_line(file, args);
  } catch (const std::invalid_argument&) {  // a NUL byte, which the start rejects by a spawn_error
  }
  return start(ex, file, std::move(args), options, std::move(command));
}

running watch(const asio::any_io_executor& ex, started_command command) {
  const auto loop = detail::loop_guard::of(ex);
  const detail::loop_entry entry(detail::loop_entry::from::call, loop.get());
  command.parts.state->watch();
  command.state->watch(command.parts);
  return {detail::access::make<child_process>(std::move(command.parts)), std::move(command.state)};
}

running run_line(const asio::any_io_executor& ex, const std::string& line, const exec_options& options) {
  detail::require_strand(ex);
  return watch(ex, start_line(ex, line, options));
}

running run_file(const asio::any_io_executor& ex, const std::string& file, arguments args,
                 const exec_options& options) {
  detail::require_strand(ex);
  return watch(ex, start_file(ex, file, std::move(args), options));
}

/// Calls watch() now if the running thread is on the executor, otherwise soon.
detail::command watch_soon(const asio::any_io_executor& ex, started_command command) {
  auto state = command.state;
  asio::dispatch(ex, [ex, command = std::move(command)]() mutable { watch(ex, std::move(command)); });
  return state;
}

child_process tell(running run, exec_callback done) {
  // The child's events keep the state alive until the end, so the callback needs no handle.
  run.state->wait(std::move(done));
  return std::move(run.child);
}

/// The last lines of a text, at most `count`.
std::string_view last_lines(std::string_view text, int count) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t begin = text.size();
  while (count-- > 0 && begin != std::string_view::npos && begin > 0) begin = text.rfind('\n', begin - 1);
  return begin == std::string_view::npos ? text : text.substr(begin == 0 ? 0 : begin + 1);
}

constexpr int lines_told = 5;

std::string describe(const exec_result& r) {
  std::string text = "command \"" + r.command + "\" ";
  if (!r.cwd.empty()) text += "in " + r.cwd.string() + ' ';
  if (r.timed_out) text += "exceeded its time limit and ";
  if (r.truncated) text += "exceeded max_buffer and ";
  if ((r.timed_out || r.truncated) && r.status.signal()) text += "was ";
  text += to_string(r.status);
  const std::string_view words = last_lines(r.err, lines_told);
  if (words.empty()) return text;
  return text + (words.find('\n') == std::string_view::npos ? ": " : ":\n") + std::string(words);
}

}  // namespace

exec_error::exec_error(exec_result r) : std::runtime_error(describe(r)), result_(std::move(r)) {}

const exec_result& exec_result::check() const {
  if (!ok()) throw exec_error(*this);
  return *this;
}

exec_run::exec_run(child_process child, std::shared_ptr<detail::process::exec_state> state)
    : child_(std::move(child)), state_(std::move(state)) {}

void exec_run::wait(detail::process::exec_state& state, result_handler handler) { state.wait(std::move(handler)); }

exec_run exec(executor ex, const std::string& line, const exec_options& options) {
  auto run = run_line(ex.get(), line, options);
  return detail::access::make<exec_run>(std::move(run.child), std::move(run.state));
}

exec_run exec_file(executor ex, const std::string& file, arguments args, const exec_options& options) {
  auto run = run_file(ex.get(), file, std::move(args), options);
  return detail::access::make<exec_run>(std::move(run.child), std::move(run.state));
}

child_process exec(executor ex, const std::string& line, exec_options options, exec_callback done) {
  options.on_drop = on_drop::leave;
  return tell(run_line(ex.get(), line, options), std::move(done));
}

child_process exec_file(executor ex, const std::string& file, arguments args, exec_options options,
                        exec_callback done) {
  options.on_drop = on_drop::leave;
  return tell(run_file(ex.get(), file, std::move(args), options), std::move(done));
}

namespace detail {

command start_command(const executor& ex, const std::string& line, exec_options options) {
  options.on_drop = on_drop::leave;
  return watch_soon(ex.get(), start_line(ex.get(), line, options));
}

command start_command(const executor& ex, const std::string& file, arguments args, exec_options options) {
  options.on_drop = on_drop::leave;
  return watch_soon(ex.get(), start_file(ex.get(), file, std::move(args), options));
}

void wait_for(command started, boost::asio::any_completion_handler<void(error_code, exec_result)> handler) {
  const asio::any_io_executor ex = started->get_executor();
  auto work = asio::prefer(asio::get_associated_executor(handler, ex), asio::execution::outstanding_work.tracked);
  asio::dispatch(ex, [started = std::move(started), handler = std::move(handler), work = std::move(work)]() mutable {
    started->wait(std::move(handler));
  });
}

}  // namespace detail

}  // namespace brood

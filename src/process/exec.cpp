#include "brood/exec.hpp"

#include "brood/shell.hpp"
#include "process/exec_state.hpp"

namespace brood {
namespace {

struct running {
  child_process child;
  std::shared_ptr<process::exec_state> state;
};

running start(const asio::any_io_executor& ex, const std::string& file, arguments args, const exec_options& options,
              std::string command) {
  spawn_options how{.cwd = options.cwd, .env = options.env, .as = options.as};
  process::started parts = process::start(ex, {.file = file, .args = std::move(args), .options = std::move(how)});
  auto state = std::make_shared<process::exec_state>(ex, options, std::move(command));
  state->watch(parts);
  return {child_process(std::move(parts)), std::move(state)};
}

running start_line(const asio::any_io_executor& ex, const std::string& line, const exec_options& options) {
  return start(ex, options.shell, {"-c", line}, options, line);
}

running start_file(const asio::any_io_executor& ex, const std::string& file, arguments args,
                   const exec_options& options) {
  std::string command = shell_line(file, args);
  return start(ex, file, std::move(args), options, std::move(command));
}

child_process tell(running run, exec_callback done) {
  // The state is kept by the child's events until the end; the callback needs no handle of its own.
  run.state->wait(std::move(done));
  return std::move(run.child);
}

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

std::string describe(const exec_result& r) {
  std::string text = "command \"" + r.command + "\" ";
  if (r.timed_out) text += "took too long and ";
  if (r.truncated) text += "wrote too much and ";
  text += to_string(r.status);
  if (!r.err.empty()) text += ": " + std::string(last_line(r.err));
  return text;
}

}  // namespace

exec_error::exec_error(exec_result r) : std::runtime_error(describe(r)), result_(std::move(r)) {}

const exec_result& exec_result::check() const {
  if (!ok()) throw exec_error(*this);
  return *this;
}

exec_run::exec_run(child_process child, std::shared_ptr<process::exec_state> state)
    : child_(std::move(child)), state_(std::move(state)) {}

void exec_run::wait(process::exec_state& state, result_handler handler) { state.wait(std::move(handler)); }

exec_run exec(executor ex, const std::string& line, const exec_options& options) {
  auto run = start_line(ex.get(), line, options);
  return {std::move(run.child), std::move(run.state)};
}

exec_run exec_file(executor ex, const std::string& file, arguments args, const exec_options& options) {
  auto run = start_file(ex.get(), file, std::move(args), options);
  return {std::move(run.child), std::move(run.state)};
}

child_process exec(executor ex, const std::string& line, const exec_options& options, exec_callback done) {
  return tell(start_line(ex.get(), line, options), std::move(done));
}

child_process exec_file(executor ex, const std::string& file, arguments args, const exec_options& options,
                        exec_callback done) {
  return tell(start_file(ex.get(), file, std::move(args), options), std::move(done));
}

}  // namespace brood

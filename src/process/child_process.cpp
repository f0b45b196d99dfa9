#include "brood/child_process.hpp"

#include <ostream>
#include <stdexcept>

#include "process/start.hpp"
#include "process/stop_steps.hpp"

namespace brood {
namespace {

template <class Stream>
Stream& piped(const std::unique_ptr<Stream>& stream, const char* name) {
  if (!stream) throw std::logic_error(std::string("child_process: ") + name + " is not a pipe");
  return *stream;
}

}  // namespace

child_process::child_process(detail::process::started parts)
    : message_sender(parts.state->channel),
      exited(detail::event_of(parts.state->exited)),
      closed(detail::event_of(parts.state->closed)),
      messages(detail::event_of(parts.state->channel->messages)),
      disconnected(detail::event_of(parts.state->channel->disconnected)),
      state_(parts.state, parts.state->executor),
      more_(std::move(parts.more)) {
  if (parts.in) in_ = detail::access::make_unique<writable>(std::move(parts.in));
  if (parts.out) out_ = detail::access::make_unique<readable>(std::move(parts.out));
  if (parts.err) err_ = detail::access::make_unique<readable>(std::move(parts.err));
}

child_process& child_process::operator=(child_process&& other) noexcept {
  return detail::replace(*this, std::move(other));
}

child_process::~child_process() {
  if (state_) state_->handle_dropped();
}

void child_process::detach() && {
  for (auto* output : {&out_, &err_}) {
    if (*output) (*output)->detach();
  }
  if (in_) in_->detach();
  state_ = {};
}

pid_t child_process::pid() const noexcept { return state_.unguarded()->pid; }
const std::string& child_process::file() const noexcept { return state_.unguarded()->file; }
const arguments& child_process::args() const noexcept { return state_.unguarded()->args; }

std::optional<exit_status> child_process::exit_status() const {
  const auto* status = exited.value();
  return status != nullptr ? std::optional(*status) : std::nullopt;
}

writable& child_process::in() { return piped(in_, "in"); }
readable& child_process::out() { return piped(out_, "out"); }
readable& child_process::err() { return piped(err_, "err"); }

unique_fd child_process::release_stdio(int number) {
  const auto index = static_cast<std::size_t>(number) - 3;
  if (number < 3 || index >= more_.size() || !more_[index]) {
    throw std::logic_error("child_process: descriptor " + std::to_string(number) +
                           " is not a pipe, or was released before");
  }
  return std::move(more_[index]);
}

void child_process::resize(terminal_size size) {
  if (error_code ec = state_->resize(size)) throw boost::system::system_error(ec, "resize");
}

void child_process::disconnect() { state_->channel->disconnect(); }
bool child_process::connected() const noexcept { return state_.unguarded()->channel->connected(); }

bool child_process::kill(int signal) { return state_->kill(signal); }
tree_report child_process::kill_tree(int signal) { return state_->kill_tree(signal); }

void child_process::stop(stop_steps steps) {
  if (auto fault = detail::process::fault_of(steps)) throw std::invalid_argument("child_process::stop: " + *fault);
  state_->stop(std::move(steps));
}

bool child_process::timed_out() const noexcept { return state_.unguarded()->timed_out; }
bool child_process::killed() const noexcept { return state_.unguarded()->killed; }

void child_process::ref() { state_->keep_loop(true); }

void child_process::unref() {
  if (!detail::loop::can_unref(state_.unguarded()->executor)) {
    throw std::logic_error(
        "child_process::unref: the child was started on a strand or another executor; only the executor of an "
        "io_context itself knows how to leave a pending operation out of its count of work");
  }
  state_->keep_loop(false);
}

std::string to_string(const child_process& child) {
  arguments args = child.args();
  if (!args.empty()) args.erase(args.begin());
  const auto status = child.exit_status();
  return "child " + std::to_string(child.pid()) + " (" + shell_line(child.file(), args) + ") " +
         (status ? to_string(*status) : "is running");
}

std::ostream& operator<<(std::ostream& out, const child_process& child) { return out << to_string(child); }

child_process spawn(executor ex, const std::string& command, arguments args, const spawn_options& options) {
  return detail::access::make<child_process>(
      detail::process::start(ex.get(), {.file = command, .args = std::move(args), .options = options}));
}

child_process spawn(executor ex, const std::string& command, const spawn_options& options) {
  return spawn(std::move(ex), command, arguments(), options);
}

child_process spawn(executor ex, const shell& line, const spawn_options& options) {
  return spawn(std::move(ex), line.program(), line.args(), options);
}

child_process fork(executor ex, const std::string& module, arguments args, const fork_options& options) {
  return detail::access::make<child_process>(detail::process::start_module(
      std::make_shared<detail::ipc::endpoint>(ex.get()), module, std::move(args), options));
}

child_process fork(executor ex, const std::string& module, const fork_options& options) {
  return fork(std::move(ex), module, arguments(), options);
}

}  // namespace brood

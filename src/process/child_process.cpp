#include "brood/child_process.hpp"

#include <stdexcept>

#include "process/start.hpp"

namespace brood {
namespace {

template <class Stream>
Stream& piped(const std::unique_ptr<Stream>& stream, const char* name) {
  if (!stream) throw std::logic_error(std::string("child_process: ") + name + " was not started as a pipe");
  return *stream;
}

}  // namespace

child_process::child_process(process::started parts)
    : exited(parts.state->exited),
      closed(parts.state->closed),
      messages(parts.state->channel->messages),
      disconnected(parts.state->channel->disconnected),
      state_(std::move(parts.state)) {
  if (parts.in) in_ = std::make_unique<writable>(std::move(parts.in));
  if (parts.out) out_ = std::make_unique<readable>(std::move(parts.out));
  if (parts.err) err_ = std::make_unique<readable>(std::move(parts.err));
  more_ = std::move(parts.more);
}

pid_t child_process::pid() const noexcept { return state_->pid; }
const std::string& child_process::file() const noexcept { return state_->file; }
const arguments& child_process::args() const noexcept { return state_->args; }

writable& child_process::in() { return piped(in_, "in"); }
readable& child_process::out() { return piped(out_, "out"); }
readable& child_process::err() { return piped(err_, "err"); }

unique_fd child_process::stdio(int number) {
  const auto index = static_cast<std::size_t>(number) - 3;
  if (number < 3 || index >= more_.size() || !more_[index]) {
    throw std::logic_error("child_process: descriptor " + std::to_string(number) +
                           " was not started as a pipe, or is taken");
  }
  return std::move(more_[index]);
}

bool child_process::send(boost::json::value body, attachment handle) {
  return state_->channel->send(body, std::move(handle));
}

void child_process::disconnect() { state_->channel->disconnect(); }
bool child_process::connected() const noexcept { return state_->channel->connected(); }

bool child_process::kill(int signal) { return state_->kill(signal); }
tree_report child_process::kill_tree(int signal) { return state_->tree.kill(signal, !state_->exited->reached()); }

void child_process::stop(stop_ladder steps) { state_->stop(std::move(steps)); }

bool child_process::killed() const noexcept { return state_->killed; }

void child_process::ref() { state_->keep_loop(true); }
void child_process::unref() { state_->keep_loop(false); }

child_process spawn(executor ex, const std::string& command, arguments args, const spawn_options& options) {
  return child_process(process::start(ex.get(), {.file = command, .args = std::move(args), .options = options}));
}

child_process fork(executor ex, const std::string& module, arguments args, const fork_options& options) {
  return child_process(
      process::start_module(std::make_shared<ipc::endpoint>(ex.get()), module, std::move(args), options));
}

}  // namespace brood

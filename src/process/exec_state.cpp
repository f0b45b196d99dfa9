#include "process/exec_state.hpp"

namespace brood::process {
namespace {

/// DESIGN: the three kinds of cancellation are the three usual ways to ask a process to end.
int signal_for(asio::cancellation_type type) {
  if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none) return SIGKILL;
  if ((type & asio::cancellation_type::partial) != asio::cancellation_type::none) return SIGTERM;
  return SIGINT;
}

}  // namespace

exec_state::exec_state(const asio::any_io_executor& ex, const exec_options& options, std::string command)
    : max_buffer_(options.max_buffer),
      on_overflow_(options.on_overflow),
      timeout_(options.timeout),
      stop_(options.stop),
      timer_(ex),
      waiters_(ex) {
  result_.command = std::move(command);
}

void exec_state::watch(const started& parts) {
  auto self = shared_from_this();
  child_ = parts.state;
  out_ = parts.out;
  err_ = parts.err;
  parts.out->data().add([self](std::string_view data) { self->append(self->result_.out, data); });
  parts.err->data().add([self](std::string_view data) { self->append(self->result_.err, data); });
  parts.out->flow();
  parts.err->flow();
  parts.state->exited->listen([self, exited = std::weak_ptr(parts.state->exited)](const exit_status& status) {
    auto told = exited.lock();
    self->ended(told ? told->error() : error_code(), status);
  });
  if (timeout_.count() <= 0) return;
  timer_.expires_after(timeout_);
  timer_.async_wait([weak = std::weak_ptr(self)](error_code ec) {
    auto still = weak.lock();
    if (ec || !still || still->done_) return;
    still->result_.timed_out = true;
    still->stop();
  });
}

void exec_state::append(std::string& to, std::string_view data) {
  if (done_) return;
  const std::size_t room = max_buffer_ - std::min(to.size(), max_buffer_);
  to += data.substr(0, room);
  if (data.size() <= room) return;
  const bool first = !std::exchange(result_.truncated, true);
  if (first && on_overflow_ == exec_options::overflow::kill) stop();
}

void exec_state::stop() {
  if (auto child = child_.lock()) child->stop(stop_);
}

void exec_state::ended(error_code ec, const exit_status& status) {
  auto self = shared_from_this();
  timer_.cancel();
  // What is in the pipes now, the child wrote; what a grandchild may still write is not waited for.
  for (const auto& output : {out_.lock(), err_.lock()}) {
    if (!output) continue;
    output->read_available();
    output->close();
  }
  result_.status = status;
  error_ = ec;
  done_ = true;
  while (!waiters_.empty()) waiters_.complete_one(error_, result_);
}

void exec_state::wait(detail::waiters<exec_result>::handler handler) {
  if (done_) return waiters_.post(std::move(handler), error_, result_);
  waiters_.add(std::move(handler), [weak = child_](asio::cancellation_type type) {
    error_code ignored;
    if (auto child = weak.lock()) child->reaper.signal(signal_for(type), ignored);
  });
}

}  // namespace brood::process

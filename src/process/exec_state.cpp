#include "process/exec_state.hpp"

#include "brood/detail/time_limit.hpp"
#include "sys/calls.hpp"

namespace brood::detail::process {
namespace {

/// Nothing reports that a memory file grows, so it is checked at this interval.
constexpr std::chrono::milliseconds look_at_memory{20};

}  // namespace

exec_state::exec_state(const asio::any_io_executor& ex, const exec_options& options, std::string command)
    : capture_(options.capture),
      on_overflow_(options.on_overflow),
      timeout_(options.timeout),
      stop_(options.stop),
      out_(options.max_buffer, options.on_overflow),
      err_(options.max_buffer, options.on_overflow),
      timer_(ex),
      memory_timer_(ex),
      waiters_(ex) {
  result_.command = std::move(command);
  result_.cwd = options.cwd;
}

void exec_state::choose_outputs(spawn_options& how) {
  if (capture_ == exec_options::capturing::pipe) return;
  for (auto [output, captured] : {std::pair(&how.out, &out_), std::pair(&how.err, &err_)}) {
    const int fd = captured->open_memory();
    if (fd == -1) throw spawn_error(spawn_step::open, sys::last_error(), "a memory file");
    *output = stdio::descriptor(fd);
  }
}

void exec_state::watch(const started& parts) {
  auto self = shared_from_this();
  child_ = parts.state;
  out_pipe_ = parts.out;
  err_pipe_ = parts.err;
  if (parts.out) take(parts.out, out_);
  if (parts.err) take(parts.err, err_);
  parts.state->exited->listen([self, exited = std::weak_ptr(parts.state->exited)](const exit_status& status) {
    auto told = exited.lock();
    self->ended(told ? told->error() : error_code(), status);
  });
  begin_time_limit();
  const bool memory = capture_ == exec_options::capturing::memory_file;
  if (memory && on_overflow_ == exec_options::overflow::kill) watch_memory();
}

void exec_state::take(const std::shared_ptr<readable_state>& from, captured& to) {
  from->data().add([self = shared_from_this(), &to](std::string_view data) { self->add(to, data); });
  from->finished->listen([self = shared_from_this(), end = std::weak_ptr(from->finished)] {
    const auto told = end.lock();
    if (told && told->error() && !self->error_) self->error_ = told->error();
  });
  from->flow();
}

void exec_state::add(captured& to, std::string_view data) {
  if (done_) return;
  if (error_code failed = to.add(data); failed && !error_) error_ = failed;
  if (to.truncated() && on_overflow_ == exec_options::overflow::kill) stop();
}

void exec_state::begin_time_limit() {
  if (timeout_.count() <= 0) return;
  timer_.expires_after(detail::countable(timeout_));
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto still = weak.lock();
    if (ec || !still || still->done_) return;
    still->result_.timed_out = true;
    if (auto child = still->child_.lock()) child->timed_out = true;
    still->stop();
  });
}

void exec_state::watch_memory() {
  memory_timer_.expires_after(look_at_memory);
  memory_timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto still = weak.lock();
    if (ec || !still || still->done_) return;
    if (still->out_.over_limit() || still->err_.over_limit()) return still->stop();
    still->watch_memory();
  });
}

/// Steps in progress continue: a second reason must not restart them.
void exec_state::stop() {
  if (std::exchange(stopped_, true)) return;
  auto child = child_.lock();
  if (child && !child->is_stopping()) child->stop(stop_);
}

/// By default a coroutine receives only `terminal`, whatever type was emitted. So `terminal` must not be the harshest
/// end: `||` emits all types (asio::cancellation_type::all), and would then always mean SIGKILL.
void exec_state::cancel(asio::cancellation_type type) {
  auto child = child_.lock();
  if (!child) return;
  switch (type) {
    case asio::cancellation_type::total: return child->signal(SIGINT);
    case asio::cancellation_type::partial: return child->signal(SIGTERM);
    default: return stop();
  }
}

void exec_state::ended(error_code ec, const exit_status& status) {
  auto self = shared_from_this();
  timer_.cancel();
  memory_timer_.cancel();
  // Data that is in the pipes now was written by the child. Data that a grandchild may still write is not waited for.
  for (const auto& output : {out_pipe_.lock(), err_pipe_.lock()}) {
    if (!output) continue;
    output->read_available();
    output->close();
  }
  for (captured* output : {&out_, &err_}) {
    if (error_code failed = output->finish(); failed && !error_) error_ = failed;
  }
  if (ec) error_ = ec;
  result_.status = status;
  result_.truncated = out_.truncated() || err_.truncated();
  result_.out = out_.take_text();
  result_.err = err_.take_text();
  result_.out_file = out_.file();
  result_.err_file = err_.file();
  done_ = true;
  while (!waiters_.empty()) waiters_.complete_one(error_, result_);
}

void exec_state::wait(detail::waiters<exec_result>::handler handler) {
  if (done_) return waiters_.post(std::move(handler), error_, result_);
  waiters_.add(std::move(handler), [weak = weak_from_this()](asio::cancellation_type type) {
    if (auto self = weak.lock()) self->cancel(type);
  });
}

}  // namespace brood::detail::process

#include "process/child_state.hpp"

#include "brood/detail/time_limit.hpp"
#include "sys/calls.hpp"
#include "sys/terminal.hpp"

namespace brood::process {

child_state::child_state(asio::any_io_executor ex, unique_fd pidfd, std::shared_ptr<ipc::endpoint> link)
    : executor(ex),
      reaper(ex, std::move(pidfd)),
      channel(link ? std::move(link) : std::make_shared<ipc::endpoint>(ex)),
      exited(std::make_shared<detail::milestone_state<exit_status>>(ex)),
      closed(std::make_shared<detail::milestone_state<exit_status>>(ex)),
      stop_timer_(ex),
      time_limit_(std::make_shared<loop::work_count>(ex)) {}

child_state::~child_state() {
  if (on_drop == brood::on_drop::kill && !exited->reached()) signal(SIGKILL);
}

void child_state::watch() {
  reaper.wait([self = shared_from_this()](error_code ec, exit_status status) { self->ended(ec, status); });
  if (channel_end) {
    channel->open(std::move(channel_end));
  } else {
    channel->messages->end();
    channel->disconnected->fail(errc::no_channel);
  }
  if (timeout.count() > 0) stop_when_time_is_up();
}

void child_state::keep_loop(bool on) {
  reaper.keep_loop(on);
  time_limit_->keep_loop(on);
  for (auto* output : {&out, &err}) {
    if (auto stream = output->lock()) stream->keep_loop(on);
  }
  if (channel->link) channel->link->keep_loop(on);
}

bool child_state::kill(int signal) {
  error_code ec;
  const bool reached = reaper.signal(signal, ec);
  if (ec) throw boost::system::system_error(ec, "kill");
  if (reached) killed = true;
  return reached;
}

void child_state::stop(stop_ladder steps) {
  stop_steps_ = std::move(steps);
  stopping_ = true;
  ++stop_number_;
  take_stop_step(0);
}

void child_state::stop_when_time_is_up() {
  stop_timer_.expires_after(detail::countable(timeout));
  time_limit_->begin();
  stop_timer_.async_wait([weak = weak_from_this(), work = time_limit_, number = stop_number_](error_code ec) {
    work->end();
    auto self = weak.lock();
    if (!ec && self && number == self->stop_number_) self->stop(self->usual_stop);
  });
}

error_code child_state::resize(const terminal_size& size) {
  int fds[] = {-1, -1, -1};
  if (auto stream = in.lock()) fds[0] = stream->native_handle();
  if (auto stream = out.lock()) fds[1] = stream->native_handle();
  if (auto stream = err.lock()) fds[2] = stream->native_handle();
  error_code none = asio::error::bad_descriptor;
  for (const int fd : fds) {  // any of them may be a pipe
    if (fd < 0) continue;
    if (sys::resize_terminal(fd, size) == 0) return {};
    none = sys::last_error();
  }
  return none;
}

tree_report child_state::kill_tree(int signal) {
  if (exited->reached()) tree.forget_dead_group();
  return tree.kill(signal, !exited->reached());
}

void child_state::handle_dropped() {
  exited->forget_program();
  closed->forget_program();
  channel->messages->forget_program();
  channel->disconnected->forget_program();
  if (exited->reached()) return;
  switch (on_drop) {
    case brood::on_drop::leave: return;
    case brood::on_drop::stop: return stop(usual_stop);
    case brood::on_drop::kill: return stop({{SIGKILL, std::chrono::milliseconds(0)}});
  }
}

void child_state::signal(int number) {
  error_code ignored;  // ESRCH: it has just ended, which is about to be told
  if (tree.has_bounds()) {
    tree.signal(number);
  } else {
    reaper.signal(number, ignored);
  }
}

void child_state::take_stop_step(std::size_t step) {
  if (exited->reached()) tree.forget_dead_group();
  if (step >= stop_steps_.size() || (exited->reached() && !tree.alive())) return;
  signal(stop_steps_[step].signal);
  killed = true;
  stop_timer_.expires_after(detail::countable(stop_steps_[step].patience));
  // Kept by this, since those the child has left behind are to end though nobody holds it any more.
  stop_timer_.async_wait([self = shared_from_this(), number = stop_number_, step](error_code ec) {
    if (!ec && number == self->stop_number_) self->take_stop_step(step + 1);
  });
}

/// The child is gone, but what it wrote last may still be on its way: take it all over before anybody is told.
void child_state::ended(error_code ec, exit_status status) {
  if (ec == asio::error::operation_aborted) return;  // the loop is being destroyed
  auto self = shared_from_this();
  tree.forget_dead_group();
  if (!stopping_ || !tree.alive()) stop_timer_.cancel();  // else the steps go on, for those it has left behind
  if (channel->link) channel->link->drain_and_close();
  if (auto stream = in.lock()) stream->child_exited();
  for (auto* output : {&out, &err}) {
    if (auto stream = output->lock()) stream->child_exited();
  }
  exited->set(ec, status);
  close_when_all_ended();
}

void child_state::close_when_all_ended() {
  if (!exited->reached() || closed->reached()) return;
  if (!output_ended(out) || !output_ended(err)) return;
  closed->set(exited->error(), std::get<0>(*exited->results()));
}

/// If not, arranges for another look when it has.
bool child_state::output_ended(const std::weak_ptr<readable_state>& output) {
  auto stream = output.lock();
  if (!stream || stream->given_out().reached()) return true;
  stream->given_out().listen([self = shared_from_this()] { self->close_when_all_ended(); });
  return false;
}

}  // namespace brood::process

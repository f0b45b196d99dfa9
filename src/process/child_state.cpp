#include "process/child_state.hpp"

#include "brood/detail/time_limit.hpp"
#include "sys/calls.hpp"
#include "sys/terminal.hpp"

namespace brood::detail::process {

child_state::child_state(asio::any_io_executor ex, unique_fd pidfd, std::shared_ptr<ipc::endpoint> link)
    : executor(ex),
      reaper(ex, std::move(pidfd)),
      channel(link ? std::move(link) : std::make_shared<ipc::endpoint>(ex)),
      exited(std::make_shared<detail::one_shot_state<exit_status>>(ex)),
      closed(std::make_shared<detail::one_shot_state<exit_status>>(ex)),
      stop_timer_(ex),
      time_limit_(std::make_shared<loop::work_count>(ex)) {}

child_state::~child_state() {
  if (on_drop == brood::on_drop::kill && !exited->happened()) signal(SIGKILL);
}

void child_state::watch() {
  reaper.wait([self = shared_from_this()](error_code ec, exit_status status) { self->ended(ec, status); });
  if (channel_end) {
    channel->open(std::move(channel_end));
  } else {
    channel->messages->end();
    channel->requests->end();
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

void child_state::stop(stop_steps steps) {
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
    if (ec || !self || number != self->stop_number_ || self->exited->happened()) return;
    self->timed_out = true;
    self->stop(self->stop_steps_of_options);
  });
}

error_code child_state::resize(const terminal_size& size) {
  int fds[] = {-1, -1, -1};
  if (auto stream = in.lock()) fds[0] = stream->native_handle();
  if (auto stream = out.lock()) fds[1] = stream->native_handle();
  if (auto stream = err.lock()) fds[2] = stream->native_handle();
  error_code none = asio::error::bad_descriptor;
  for (const int fd : fds) {  // each of them may be a pipe
    if (fd < 0) continue;
    if (sys::resize_terminal(fd, size) == 0) return {};
    none = sys::last_error();
  }
  return none;
}

tree_report child_state::kill_tree(int signal) { return tree.signal(signal, reaper).report; }

void child_state::handle_dropped() {
  exited->forget_program();
  closed->forget_program();
  channel->messages->forget_program();
  channel->requests->forget_program();
  channel->disconnected->forget_program();
  if (exited->happened()) return;
  switch (on_drop) {
    case brood::on_drop::leave: return;
    case brood::on_drop::stop: return stop(stop_steps_of_options);
    case brood::on_drop::kill: return stop({{SIGKILL, std::chrono::milliseconds(0)}});
  }
}

void child_state::signal(int number) {
  error_code ignored;  // ESRCH: the child has just ended, and `exited` follows
  if (tree.has_bounds()) {
    tree.signal(number, reaper);
  } else {
    reaper.signal(number, ignored);
  }
}

void child_state::take_stop_step(std::size_t step) {
  awaited_.reset();
  if (step >= stop_steps_.size()) return end_of_stop();
  const auto& [number, time] = stop_steps_[step];
  tree::outcome found;
  if (!exited->happened()) {
    signal(number);
  } else {
    if (tree.has_bounds()) found = tree.signal(number, reaper);
    if (found.found_nobody()) return end_of_stop();
  }
  killed = true;
  stop_timer_.expires_after(detail::countable(time));
  // The timer owns this state, because the processes that the child left behind must be ended even without a handle.
  stop_timer_.async_wait([self = shared_from_this(), number = stop_number_, step](error_code ec) {
    if (!ec && number == self->stop_number_) self->take_stop_step(step + 1);
  });
  if (exited->happened()) await(std::move(found.reached));
}

/// The child has ended. Handles the rest of its tree.
void child_state::end_tree() {
  if (ends_tree) {
    tree.signal(SIGKILL, reaper);
    end_of_stop();
  } else if (stopping_) {
    stop_rest_of_tree();
  } else {
    stop_timer_.cancel();
    tree.forget_dead_group();
  }
}

/// The steps continue if processes are left.
void child_state::stop_rest_of_tree() {
  auto found = tree.has_bounds() ? tree.signal(0, reaper) : tree::outcome();
  if (found.found_nobody()) return end_of_stop();
  await(std::move(found.reached));
}

/// Ends the steps as soon as no process is left, instead of at the end of the current step's timeout. If processes fork
/// faster than this can follow, the next step handles them.
void child_state::await(std::vector<pid_t> left_behind) {
  constexpr int max_looks = 3;
  for (int look = 0; look < max_looks; ++look) {
    left_behind_ = std::move(left_behind);
    if (await_next()) return;
    auto found = tree.signal(0, reaper);
    if (found.found_nobody()) return end_of_stop();
    left_behind = std::move(found.reached);
  }
}

/// Returns false if all of them have ended. Without a descriptor for the next one, only the timeout remains.
bool child_state::await_next() {
  for (awaited_.reset(); !left_behind_.empty(); left_behind_.pop_back()) {
    unique_fd pidfd(sys::pidfd_open(left_behind_.back()));
    if (!pidfd && errno != ESRCH) return true;
    if (!pidfd || sys::is_ready(pidfd.get(), POLLIN)) continue;
    awaited_.emplace(executor, std::move(pidfd));
    awaited_->wait(loop::descriptor::wait_type::wait_read, [weak = weak_from_this()](error_code ec) {
      auto self = weak.lock();
      if (!ec && self && self->stopping_ && !self->await_next()) self->stop_rest_of_tree();
    });
    return true;
  }
  return false;
}

void child_state::end_of_stop() {
  stopping_ = false;
  left_behind_.clear();
  awaited_.reset();
  stop_timer_.cancel();
}

/// The child's last output may still be in its pipes and its channel: read it before emitting `exited`.
void child_state::ended(error_code ec, exit_status status) {
  if (ec == asio::error::operation_aborted) return;  // the loop is being destroyed
  auto self = shared_from_this();
  end_tree();
  if (channel->link) channel->link->drain_and_close();
  if (auto stream = in.lock()) stream->child_exited();
  for (auto* output : {&out, &err}) {
    if (auto stream = output->lock()) stream->child_exited();
  }
  exited->set(ec, status);
  close_when_all_ended();
}

void child_state::close_when_all_ended() {
  if (!exited->happened() || closed->happened()) return;
  if (!output_ended(out) || !output_ended(err)) return;
  closed->set(exited->error(), std::get<0>(*exited->results()));
}

/// If the output has not ended, the check is repeated when it has.
bool child_state::output_ended(const std::weak_ptr<readable_state>& output) {
  auto stream = output.lock();
  if (!stream || stream->given_out().happened()) return true;
  stream->given_out().listen([self = shared_from_this()] { self->close_when_all_ended(); });
  return false;
}

}  // namespace brood::detail::process

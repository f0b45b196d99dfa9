#include "cluster/primary_state.hpp"

#include <boost/asio/post.hpp>
#include <fstream>
#include <stdexcept>

#include "brood/detail/time_limit.hpp"
#include "brood/this_program.hpp"
#include "cluster/scheduling.hpp"
#include "process/start.hpp"
#include "process/stop_steps.hpp"

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

namespace policy = brood::detail::policy;

/// The arguments of this program, without its name.
arguments own_arguments() {
  std::ifstream file("/proc/self/cmdline");
  arguments all;
  for (std::string one; std::getline(file, one, '\0');) all.push_back(one);
  if (!all.empty()) all.erase(all.begin());
  return all;
}

cluster::settings complete(cluster::settings s) {
  if (s.exec.empty()) this_program();  // remembers the name before the program can change its directory
  if (!s.args) s.args = own_arguments();
  const auto is_set = [](const stdio& one) {
    return one.type() != stdio::kind::usual && one.type() != stdio::kind::inherit;
  };
  if (s.on_out && is_set(s.out))
    throw std::invalid_argument("cluster::settings: `on_out` requires `out` to be left at its default");
  if (s.on_err && is_set(s.err))
    throw std::invalid_argument("cluster::settings: `on_err` requires `err` to be left at its default");
  if (s.recycle.jitter < 0 || s.recycle.jitter > 1) {
    throw std::invalid_argument("cluster::settings: recycle.jitter must be between 0 and 1");
  }
  if (s.recycle.check_interval.count() <= 0)
    throw std::invalid_argument("cluster::settings: recycle.check_interval must be greater than 0");
  if (s.restart.crash_loop_threshold < 0)
    throw std::invalid_argument("cluster::settings: restart.crash_loop_threshold must not be negative");
  if (s.restart.factor < 1) throw std::invalid_argument("cluster::settings: restart.factor must be at least 1");
  for (auto* time : {&s.restart.initial_delay, &s.restart.max_delay, &s.restart.min_uptime, &s.drain, &s.heartbeat,
                     &s.recycle.max_age, &s.recycle.check_interval}) {
    if (time->count() < 0) throw std::invalid_argument("cluster::settings: times must not be negative");
    *time = brood::detail::countable(*time);
  }
  if (auto fault = brood::detail::process::fault_of(s.stop))
    throw std::invalid_argument("cluster::settings: " + *fault);
  for (const auto& [stream, name] : {std::pair(&s.in, "in"), {&s.out, "out"}, {&s.err, "err"}}) {
    const auto type = stream->type();
    const bool has_another_end =
        type == stdio::kind::pipe || type == stdio::kind::terminal || type == stdio::kind::channel;
    if (has_another_end) {
      throw std::invalid_argument(std::string("cluster::settings: `") + name +
                                  "` must not be a pipe, terminal or channel, because nothing reads its other end");
    }
  }
  if (s.choose && s.scheduling == scheduling::automatic) s.scheduling = scheduling::program;
  if (s.choose ? s.scheduling != scheduling::program : s.scheduling == scheduling::program) {
    throw std::invalid_argument(
        "cluster::settings: `choose` requires scheduling::program or automatic, and scheduling::program requires "
        "`choose`");
  }
  s.scheduling = choose_scheduling(s.scheduling, s.log);
  return s;
}

policy::restart::limits limits_of(const backoff& b) { return {b.initial_delay, b.factor, b.max_delay, b.min_uptime}; }

}  // namespace

primary_state::primary_state(asio::any_io_executor ex, cluster::settings s)
    : forked(ex),
      online(ex),
      listening(ex),
      disconnected(ex),
      exited(ex),
      crash_looping(ex),
      draining(ex),
      message_received(ex),
      executor_(ex),
      settings_(complete(std::move(s))),
      restart_(limits_of(settings_.restart)),
      random_(std::random_device{}()),
      all_gone_(ex),
      limits_timer_(ex) {
  brood::detail::require_strand(ex);
}

void primary_state::log(log_level level, const std::string& text) const {
  if (settings_.log) settings_.log(level, text);
}

std::chrono::milliseconds primary_state::next_wait() {
  return restart_.wait(std::uniform_real_distribution<>(0, 1)(random_));
}

primary_state::state_ptr primary_state::add_worker(const environment& changes) {
  auto who = std::make_shared<worker_state>(executor_, next_id_);
  who->changes = changes;
  who->primary = weak_from_this();
  return who;
}

/// Only workers count that were started, or whose start is delayed.
void primary_state::enlist(const state_ptr& who) {
  ++next_id_;
  states_.emplace(who->id, who);
}

worker primary_state::fork(const environment& changes) {
  auto who = add_worker(changes);
  if (const auto place = std::exchange(place_, std::nullopt)) who->restarts = *place;
  if (const auto wait = next_wait(); wait.count() == 0) {
    start(who);
  } else {
    log(log_level::warning, "worker " + std::to_string(who->id) + " is started in " + std::to_string(wait.count()) +
                                " ms, because the last workers exited too soon after their start");
    start_later(who, wait);
  }
  enlist(who);
  return who->handle();
}

int primary_state::fork_now(const environment& changes) {
  auto who = add_worker(changes);
  start(who);
  enlist(who);
  return who->id;
}

std::string primary_state::program() const { return settings_.exec.empty() ? this_program().string() : settings_.exec; }

std::filesystem::path primary_state::program_file() const {
  const std::string name = program();
  if (name.find('/') == std::string::npos) return name;
  std::error_code ec;
  auto file = std::filesystem::canonical(settings_.cwd / name, ec);
  return ec ? std::filesystem::path(name) : file;
}

void primary_state::start_later(const state_ptr& who, std::chrono::milliseconds wait) {
  who->deadline = brood::detail::start_deadline(executor_, wait, [weak = weak_from_this(), who] {
    auto self = weak.lock();
    if (!self || !self->states_.contains(who->id)) return;
    try {
      self->start(who);
    } catch (const spawn_error& error) {
      // No caller could catch the exception. The reason may be temporary (too many processes, no memory), so it is
      // retried after growing delays.
      const auto now = policy::restart::clock::now();
      self->restart_.exited(now, now);
      self->log(log_level::error, "worker " + std::to_string(who->id) + ": " + error.what());
      self->start_later(who, self->next_wait());
    }
  });
}

void primary_state::start(const state_ptr& who) {
  fork_options options{.cwd = settings_.cwd,
                       .env = settings_.env,
                       .in = settings_.in,
                       .out = settings_.out,
                       .err = settings_.err,
                       .exec_args = settings_.exec_args,
                       .serialization = settings_.serialization};
  options.env.merge(who->changes).set("NODE_UNIQUE_ID", std::to_string(who->id));
  who->started = policy::restart::clock::now();
  if (settings_.on_out) options.out = stdio::pipe;
  if (settings_.on_err) options.err = stdio::pipe;
  auto begun = brood::detail::process::start_module(who->channel, program(), *settings_.args, options);
  who->child = std::move(begun.state);
  who->tolerance = std::uniform_real_distribution<>(-1, 1)(random_);
  ++started_;
  watch(who);
  if (settings_.on_out) hear_out(who, brood::detail::access::make_unique<readable>(std::move(begun.out)));
  if (settings_.on_err) hear_err(who, brood::detail::access::make_unique<readable>(std::move(begun.err)));
  if (!std::exchange(watching_limits_, true)) watch_limits();
  asio::post(executor_, [self = shared_from_this(), who] {
    auto handle = who->handle();
    self->forked.call(handle);
  });
}

void primary_state::watch(const state_ptr& who) {
  who->channel->drop_unread = true;
  who->channel->internal_message = [weak = weak_from_this(), weak_who = std::weak_ptr(who)](
                                       const boost::json::object& message, const attachment&) {
    auto self = weak.lock();
    auto sender = weak_who.lock();
    if (self && sender) self->on_message(sender, message);
  };
  who->channel->tap = [weak = weak_from_this(), weak_who = std::weak_ptr(who)](const message& m) {
    auto self = weak.lock();
    auto sender = weak_who.lock();
    if (!self || !sender) return;
    if (self->settings_.explicit_ready && m.body.is_string() && m.body.get_string() == "ready") self->on_ready(sender);
    if (self->message_received.empty()) return;
    auto handle = sender->handle();
    self->message_received.call(handle, m);
  };
  who->channel->disconnected->listen([weak = weak_from_this(), weak_who = std::weak_ptr(who)](error_code reason) {
    auto self = weak.lock();
    auto gone = weak_who.lock();
    if (self && gone) self->on_disconnected(gone, reason);
  });
  who->child->exited->listen([weak = weak_from_this(), weak_who = std::weak_ptr(who)](exit_status status) {
    auto self = weak.lock();
    auto gone = weak_who.lock();
    if (!gone) return;
    self ? self->on_exited(gone, status) : gone->exited->set({}, status);
  });
}

void primary_state::on_disconnected(const state_ptr& who, error_code reason) {
  if (who->pulse) who->pulse->stop();
  leave_listeners(*who, &listener::remove);
  who->handovers.clear();
  auto handle = who->handle();
  disconnected.call(handle, reason);
}

void primary_state::on_exited(const state_ptr& who, exit_status status) {
  auto handle = who->handle();
  forget(who);
  if (const auto reload = reload_; reload && reload->exited(who->id, status)) who->exited_after_disconnect = true;
  const int failures = restart_.failures();
  if (!who->exited_after_disconnect) restart_.exited(who->started, policy::restart::clock::now());
  settle_accounts(*who, status);
  place_ = who->exited_after_disconnect ? 0 : who->restarts + 1;
  who->exited->set({}, status);
  exited.call(handle, status);
  who->conclude();
  place_.reset();
  if (!who->exited_after_disconnect) look_for_crash_loop(who, status, failures);
  complete_if_all_gone();
}

void primary_state::forget(const state_ptr& who) {
  who->deadline.reset();
  states_.erase(who->id);
  if (states_.empty()) {
    limits_timer_.cancel();
    watching_limits_ = false;
    for (const auto& [key, listener] : listeners_) {
      if (listener->renewal) listener->renewal->rest();
    }
  }
}

void primary_state::disconnect_worker(worker_state& who) {
  who.exited_after_disconnect = true;
  auto found = states_.find(who.id);
  if (found == states_.end()) return;
  if (!who.child) {
    const state_ptr keep = found->second;
    forget(keep);
    keep->conclude();
    return complete_if_all_gone();
  }
  leave_listeners(who, &listener::retire);
  asio::post(executor_, [self = shared_from_this(), going = found->second] { self->tell_draining(*going); });
  if (who.channel->connected()) who.channel->link->send_text(brood::detail::wire::disconnect_text(next_seq_++));
}

void primary_state::disconnect_all(brood::detail::waiters<>::handler handler) {
  all_gone_.add(std::move(handler));
  if (!std::exchange(stopping_, true)) {
    if (const auto reload = reload_) reload->abort(asio::error::operation_aborted);
    finish_listeners();
    drain_deadline_ = brood::detail::start_deadline(executor_, settings_.drain, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->stop_stragglers();
    });
  }
  complete_if_all_gone();
}

/// Clients that are connected are served: their connections go to the workers before these are told to disconnect. At
/// most half of the available time is used for that, so that a worker that does not respond does not keep the others
/// from a graceful end.
void primary_state::finish_listeners() {
  finishing_ = 1;
  const auto all = listeners_;
  for (const auto& [key, listener] : all) {
    ++finishing_;
    listener->finish([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->listener_finished();
    });
  }
  finish_deadline_ = brood::detail::start_deadline(executor_, settings_.drain / 2, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->dismiss_workers();
  });
  listener_finished();
}

void primary_state::listener_finished() {
  if (--finishing_ == 0) dismiss_workers();
}

void primary_state::dismiss_workers() {
  finish_deadline_.reset();
  for (auto& [key, listener] : listeners_) listener->close();
  const auto all = states_;
  for (const auto& [id, who] : all) disconnect_worker(*who);
}

void primary_state::stop_stragglers() {
  const auto all = states_;
  for (const auto& [id, who] : all) {
    log(log_level::warning, "worker " + std::to_string(id) + " did not exit in time and is being stopped");
    if (who->child) who->child->stop(settings_.stop);
  }
}

void primary_state::complete_if_all_gone() {
  if (!stopping_ || !states_.empty()) return;
  stopping_ = false;
  listeners_.clear();
  drain_deadline_.reset();
  finish_deadline_.reset();
  limits_timer_.cancel();
  while (!all_gone_.empty()) all_gone_.complete_one({});
}

void primary_state::forget_program() noexcept {
  forked.forget_program();
  online.forget_program();
  listening.forget_program();
  disconnected.forget_program();
  exited.forget_program();
  crash_looping.forget_program();
  draining.forget_program();
  message_received.forget_program();
  for (const auto& [id, who] : states_) who->forget_program();
}

void primary_state::abandon() {
  forget_program();
  if (const auto reload = reload_) reload->abort(asio::error::operation_aborted);
  stopping_ = true;
  if (const auto next = std::exchange(after_recycling_, nullptr)) next();
  for (auto& [key, listener] : listeners_) listener->close();
  listeners_.clear();
  drain_deadline_.reset();
  finish_deadline_.reset();
  limits_timer_.cancel();
  const auto all = std::exchange(states_, {});
  for (const auto& [id, who] : all) {
    if (who->out) who->out->close();
    if (who->err) who->err->close();
    if (who->pulse) who->pulse->stop();
    who->channel->disconnect();
    who->conclude();
  }
}

}  // namespace brood::cluster::detail

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include "brood/detail/time_limit.hpp"
#include "cluster/primary_state.hpp"
#include "sys/process_usage.hpp"

// Crash loops, the workers' stderr, draining, and recycling.

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

namespace policy = brood::detail::policy;

using namespace std::chrono_literals;

constexpr std::size_t max_last_stderr = 4096;
/// The last output of an exited worker may still be in the pipe, but a process that it left behind must not delay the
/// primary.
constexpr auto max_wait_for_err = 100ms;

std::string name_of(const worker_state& who) { return "worker " + std::to_string(who.id); }

}  // namespace

// A worker's last output may arrive after its exit: the listeners keep its state until the stream ends.

void primary_state::hear_out(const state_ptr& who, std::unique_ptr<readable> out) {
  who->out = std::move(out);
  who->out->on_data([weak = weak_from_this(), handle = who->handle()](std::string_view data) mutable {
    if (auto self = weak.lock()) self->settings_.on_out(handle, data);
  });
}

void primary_state::hear_err(const state_ptr& who, std::unique_ptr<readable> err) {
  who->err = std::move(err);
  who->err->on_data([weak = weak_from_this(), speaker = who, handle = who->handle()](std::string_view data) mutable {
    auto self = weak.lock();
    if (!self) return;
    auto& last = speaker->last_stderr;
    last += data;
    if (last.size() > max_last_stderr) last.erase(0, last.size() - max_last_stderr);
    self->settings_.on_err(handle, data);
  });
}

void primary_state::look_for_crash_loop(const state_ptr& who, const exit_status& status, int failures_before) {
  const int failures = restart_.failures();
  if (failures == 0) crash_loop_.reset();
  if (settings_.restart.crash_loop_threshold == 0 || failures < settings_.restart.crash_loop_threshold ||
      failures == failures_before)
    return;
  auto tell = [weak = weak_from_this(), who, status, failures, told = false]() mutable {
    auto self = weak.lock();
    if (!self || std::exchange(told, true)) return;
    who->deadline.reset();
    self->crash_loop_ = cluster::crash_loop{.failures = failures,
                                            .wait = self->restart_.wait(0.5),
                                            .worker = who->id,
                                            .status = status,
                                            .reason = name_of(*who) + ' ' + to_string(status),
                                            .last_stderr = who->last_stderr};
    self->crashed_ = policy::restart::clock::now();
    self->log(log_level::error, "crash loop: " + self->crash_loop_->reason + "; " + std::to_string(failures) +
                                    " consecutive generations exited too soon after their start");
    self->crash_looping.call(*self->crash_loop_);
  };
  if (!who->err || who->err->ended.happened()) return asio::post(executor_, std::move(tell));
  auto once = std::make_shared<decltype(tell)>(std::move(tell));
  who->err->ended.on([once] { (*once)(); });
  who->deadline = brood::detail::start_deadline(executor_, max_wait_for_err, [once] { (*once)(); });
}

/// Over when a later worker has reached min_uptime.
std::optional<crash_loop> primary_state::crash_loop() const {
  const auto now = policy::restart::clock::now();
  for (const auto& [id, who] : states_) {
    const bool later = who->child && who->started >= crashed_;
    if (later && now - who->started >= settings_.restart.min_uptime) return std::nullopt;
  }
  return crash_loop_;
}

void primary_state::tell_draining(worker_state& who) {
  const auto open = who.traffic.open();
  if (!open) return;
  auto handle = who.handle();
  draining.call(handle, *open);
}

void primary_state::watch_limits() {
  const auto& limits = settings_.recycle;
  if (limits.max_age.count() == 0 && limits.max_connections == 0 && limits.max_requests == 0 && limits.max_rss == 0)
    return;
  limits_timer_.expires_after(limits.check_interval);
  limits_timer_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (!ec && self) self->check_limits();
  });
}

/// Only while there are workers, because a timer alone must not keep a primary running.
void primary_state::check_limits() {
  if (states_.empty() || stopping_) {
    watching_limits_ = false;
    return;
  }
  watch_limits();
  if (reload_ || recycling_ || policy::restart::clock::now() < no_recycling_before_) return;
  const auto all = states_;
  for (const auto& [id, who] : all) {
    const bool serves = who->ready->happened() && !who->exited_after_disconnect && !who->hung;
    const std::string why = serves ? limit_reached(*who) : "";
    if (!why.empty()) return recycle(who, why);
  }
}

std::string primary_state::limit_reached(const worker_state& who) const {
  const auto& limits = settings_.recycle;
  const double part = 1 + limits.jitter * who.tolerance;
  const auto beyond = [part](auto value, auto limit) {
    return limit != decltype(limit)(0) && static_cast<double>(value) >= static_cast<double>(limit) * part;
  };
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(policy::restart::clock::now() - who.started);
  if (beyond(age.count(), limits.max_age.count())) return "is " + std::to_string(age.count() / 1000) + " s old";
  const auto taken = who.traffic.accepted();
  if (taken && beyond(*taken, limits.max_connections)) return "has taken " + std::to_string(*taken) + " connections";
  const auto asked = who.traffic.requests();
  if (asked && beyond(*asked, limits.max_requests)) return "has received " + std::to_string(*asked) + " requests";
  if (limits.max_rss == 0) return "";
  const auto usage = brood::detail::sys::usage_of(who.child->pid);
  if (usage && beyond(usage->rss, limits.max_rss)) return "has " + std::to_string(usage->rss >> 20U) + " MiB of memory";
  return "";
}

void primary_state::recycle(const state_ptr& who, const std::string& why) {
  log(log_level::info, name_of(*who) + ' ' + why + " and is replaced");
  auto done = [weak = weak_from_this()](error_code ec, const reload_result& verdict) {
    auto self = weak.lock();
    if (!self) return;
    self->recycling_ = false;
    if (!ec && !verdict) {
      self->log(log_level::warning, "not replaced: " + verdict.reason);
      self->no_recycling_before_ = policy::restart::clock::now() + self->settings_.restart.max_delay;
    }
    if (const auto next = std::exchange(self->after_recycling_, nullptr)) next();
  };
  recycling_ = true;
  reload_ = std::make_shared<reloading>(*this, executor_, reload_options{}, asio::bind_executor(executor_, done));
  const auto started = reload_;
  started->start({{who->id, who->changes}});
}

}  // namespace brood::cluster::detail

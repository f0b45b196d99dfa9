#include "cluster/primary_state.hpp"
#include "sys/process_usage.hpp"

// The data of primary::stats().

namespace brood::cluster::detail {
namespace {

phase phase_of(const worker_state& who) {
  if (!who.child) return phase::delayed;
  if (!who.channel->connected()) return phase::disconnected;
  if (who.hung) return phase::hung;
  if (who.exited_after_disconnect) return phase::leaving;
  if (who.ready->happened()) return phase::ready;
  return who.online->happened() ? phase::online : phase::starting;
}

worker_statistics statistics_of(const worker_state& who, const statistics_options& with) {
  worker_statistics one{.id = who.id, .state = phase_of(who), .restarts = who.restarts};
  one.accepted = who.traffic.accepted();
  one.open = who.traffic.open();
  one.requests = who.traffic.requests();
  one.lag = who.lag();
  if (!who.child) return one;
  one.pid = who.child->pid;
  one.age =
      std::chrono::duration_cast<std::chrono::milliseconds>(brood::detail::policy::restart::clock::now() - who.started);
  if (const auto usage = brood::detail::sys::usage_of(one.pid)) {
    one.cpu = usage->cpu;
    one.rss = usage->rss;
  }
  if (with.pss) one.pss = brood::detail::sys::proportional_memory_of(one.pid);
  return one;
}

/// A sum is known only if all its parts are.
template <class T>
void add(std::optional<T>& sum, const std::optional<T>& part) {
  if (sum && part) *sum += *part;
  if (!part) sum.reset();
}

}  // namespace

statistics primary_state::stats(const statistics_options& with) const {
  statistics all{.scheduling = settings_.scheduling, .started = started_, .died = died_};
  for (const auto& [key, one] : listeners_) all.waiting += one->backlog();
  all.accepted = gone_accepted_;
  all.cpu = gone_cpu_;
  all.open.emplace(0);
  all.requests = gone_requests_;
  all.rss.emplace(0);
  if (with.pss) all.pss.emplace(0);
  for (const auto& [id, who] : states_) {
    const auto& one = all.workers.emplace_back(statistics_of(*who, with));
    add(all.accepted, one.accepted);
    // A worker without any connection so far has none open and has received no request.
    const bool had_none = one.accepted == std::uint64_t{0};
    if (!had_none || one.open) add(all.open, one.open);
    if (!had_none || one.requests) add(all.requests, one.requests);
    if (!who->child) continue;  // it uses no resources
    add(all.cpu, one.cpu);
    add(all.rss, one.rss);
    if (with.pss) add(all.pss, one.pss);
  }
  return all;
}

/// Its part of the totals is kept.
void primary_state::settle_accounts(const worker_state& who, const exit_status& status) {
  add(gone_accepted_, who.traffic.accepted());
  if (who.traffic.accepted() != std::uint64_t{0}) add(gone_requests_, who.traffic.requests());
  if (gone_cpu_) *gone_cpu_ += status.usage().user_time + status.usage().system_time;
  if (!who.exited_after_disconnect) ++died_;
}

}  // namespace brood::cluster::detail

#include "cluster/scheduling.hpp"

#include "sys/steering.hpp"

namespace brood::cluster {

std::string to_string(scheduling s) {
  switch (s) {
    case scheduling::automatic: return "automatic";
    case scheduling::kernel_round_robin: return "kernel_round_robin";
    case scheduling::kernel_least_loaded: return "kernel_least_loaded";
    case scheduling::round_robin: return "round_robin";
    case scheduling::shared: return "shared";
    case scheduling::program: return "program";
  }
  return "";
}

namespace detail {

namespace sys = brood::detail::sys;

/// Tries it out, because it depends on capabilities, seccomp, lockdown and the version of the kernel.
scheduling choose_scheduling(scheduling wanted, const log_function& log) {
  const bool open = wanted == scheduling::automatic;
  const auto best = open ? scheduling::kernel_round_robin : wanted;
  if (best != scheduling::kernel_round_robin && best != scheduling::kernel_least_loaded) return best;
  const auto rule =
      best == scheduling::kernel_least_loaded ? sys::steering::rule::least_loaded : sys::steering::rule::round_robin;
  const auto tried = sys::steering::make(rule);
  if (tried) return best;
  if (log) {
    log(open ? log_level::info : log_level::warning,
        "cluster: scheduling is round_robin, because the kernel does not permit " + to_string(best) + ": " +
            tried.error().message());
  }
  return scheduling::round_robin;
}

}  // namespace detail
}  // namespace brood::cluster

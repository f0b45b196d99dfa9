#include "process/stop_ladder.hpp"

#include <csignal>

namespace brood::detail::process {

std::optional<std::string> fault_of(const stop_ladder& steps) {
  if (steps.empty()) return "`stop` has no steps";
  for (const auto& [signal, patience] : steps) {
    if (signal < 1 || signal > SIGRTMAX) {
      return "a step of `stop` sends signal " + std::to_string(signal) + ", which is none";
    }
    if (patience.count() < 0) return "a step of `stop` waits for a negative time";
  }
  return std::nullopt;
}

}  // namespace brood::detail::process

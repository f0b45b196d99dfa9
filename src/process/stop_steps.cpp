#include "process/stop_steps.hpp"

#include <csignal>

namespace brood::detail::process {

std::optional<std::string> fault_of(const stop_steps& steps) {
  if (steps.empty()) return "`stop` has no steps";
  for (const auto& [signal, timeout] : steps) {
    if (signal < 1 || signal > SIGRTMAX) {
      return "a step of `stop` sends signal " + std::to_string(signal) + ", which is not valid";
    }
    if (timeout.count() < 0) return "a step of `stop` has a negative timeout";
  }
  return std::nullopt;
}

}  // namespace brood::detail::process

#include "brood/signals.hpp"

#include <charconv>
#include <csignal>
#include <cstring>

namespace brood {
namespace {

/// "3" of "RTMIN+3"; empty if it is not a signal.
std::optional<int> real_time(std::string_view name) {
  constexpr std::string_view base = "RTMIN";
  if (!name.starts_with(base)) return std::nullopt;
  name.remove_prefix(base.size());
  if (name.empty()) return SIGRTMIN;
  unsigned offset = 0;
  auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), offset);
  const bool whole = name.front() == '+' && error == std::errc{} && end == name.data() + name.size();
  return whole && offset <= static_cast<unsigned>(SIGRTMAX - SIGRTMIN)
             ? std::optional(SIGRTMIN + static_cast<int>(offset))
             : std::nullopt;
}

}  // namespace

std::string signal_name(int signal) {
  if (const char* name = sigabbrev_np(signal)) return std::string("SIG") + name;
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    return signal == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(signal - SIGRTMIN);
  }
  return "signal " + std::to_string(signal);
}

std::optional<int> signal_number(std::string_view name) noexcept {
  int number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc{} && end == name.data() + name.size()) {
    return number > 0 && number <= SIGRTMAX ? std::optional(number) : std::nullopt;
  }
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int candidate = 1; candidate < SIGRTMIN; ++candidate) {
    const char* known = sigabbrev_np(candidate);
    if (known != nullptr && name == known) return candidate;
  }
  // Aliases that the system's table does not have.
  if (name == "IO") return SIGIO;
  if (name == "IOT") return SIGIOT;
  return real_time(name);
}

}  // namespace brood

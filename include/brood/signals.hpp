#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brood {

/// "SIGTERM" for 15, "SIGRTMIN+3" for a real-time signal, "signal 99" for a number without a name.
std::string signal_name(int signal);

/// 15 for "SIGTERM", "TERM" or "15"; empty if this system has no such signal.
std::optional<int> signal_number(std::string_view name) noexcept;

}  // namespace brood

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brood {

/// "SIGTERM" for 15, "SIGRTMIN+3" for real-time signals, "signal 99" for what has no name.
std::string signal_name(int signal);

/// 15 for "SIGTERM", "TERM" or "15"; nothing for what is no signal of this system.
std::optional<int> signal_number(std::string_view name) noexcept;

}  // namespace brood

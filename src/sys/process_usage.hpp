#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace brood::detail::sys {

/// Resource usage of a process, from /proc.
struct process_usage {
  std::chrono::microseconds cpu{0};  ///< user and system, in steps of the clock tick
  std::uint64_t rss = 0;             ///< bytes
};

/// Empty if there is no such process, or if /proc is not available.
std::optional<process_usage> usage_of(pid_t process);
/// The proportional share of its memory, in bytes. The kernel inspects each page of the process for it.
std::optional<std::uint64_t> proportional_memory_of(pid_t process);

}  // namespace brood::detail::sys

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace brood::detail::sys {

/// What a process uses of the machine, by /proc.
struct process_usage {
  std::chrono::microseconds cpu{0};  ///< user and system, in steps of the clock tick
  std::uint64_t rss = 0;             ///< bytes
};

/// Nothing where there is no such process, or /proc does not tell.
std::optional<process_usage> usage_of(pid_t process);
/// Its proportional share of memory, in bytes. Takes the kernel a look at each of its pages.
std::optional<std::uint64_t> proportional_memory_of(pid_t process);

}  // namespace brood::detail::sys

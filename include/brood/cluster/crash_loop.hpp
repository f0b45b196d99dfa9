#pragma once

#include <chrono>
#include <string>

#include "brood/exit_status.hpp"

namespace brood::cluster {

/// Workers exit soon after their start, again and again: the program cannot start or keeps crashing.
struct crash_loop {
  int failures = 0;                   ///< consecutive generations; workers that exit together count as one
  std::chrono::milliseconds wait{0};  ///< until the next worker is started, if it is forked now
  int worker = 0;                     ///< the id of the last one that exited
  exit_status status{};               ///< its exit status
  std::string reason{};               ///< the same as text: "worker 5 exited with code 3"
  /// The last 4 KiB, or less, that it wrote to stderr. Empty without settings::on_err.
  std::string last_stderr{};
};

}  // namespace brood::cluster

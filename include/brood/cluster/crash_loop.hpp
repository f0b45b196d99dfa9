#pragma once

#include <chrono>
#include <string>

#include "brood/exit_status.hpp"

namespace brood::cluster {

/// Workers die young, again and again: the program cannot start, or not live.
struct crash_loop {
  int failures = 0;                   ///< generations in a row; workers that die together are one
  std::chrono::milliseconds wait{0};  ///< until the next one is started, if it is forked now
  int worker = 0;                     ///< who died last
  exit_status status{};               ///< and how
  std::string reason{};               ///< the same as a line: "worker 5 exited with code 3"
  /// The end of what it wrote to stderr, 4 KiB at most. Empty without settings::on_err.
  std::string last_stderr{};
};

}  // namespace brood::cluster

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "brood/exit_status.hpp"

namespace brood::cluster {

struct reload_options {
  /// Batch size of a rolling reload: this many new workers are started before as many old ones are disconnected. 0
  /// replaces all at once and needs twice the memory meanwhile; if the new generation fails, no old worker has been
  /// stopped.
  std::size_t surge = 0;
  /// The time limit for a new worker to become ready.
  std::chrono::milliseconds ready_timeout{30'000};
};

/// The result of a reload.
struct reload_result {
  /// Old workers that were replaced by new ones that are ready.
  std::size_t replaced = 0;
  /// Old workers that stay because their successors did not become ready. 0 if the reload succeeded.
  std::size_t kept = 0;
  /// Why it failed: "worker 5 exited with code 3 before it was ready". Empty if it succeeded.
  std::string reason{};
  /// The file that the new workers were started from, with all symbolic links resolved. If settings::exec is a name
  /// without a directory, it is that name.
  std::filesystem::path program{};
  /// The exit status of the worker that made it fail, if one exited.
  std::optional<exit_status> status{};

  explicit operator bool() const noexcept { return reason.empty(); }
};

}  // namespace brood::cluster

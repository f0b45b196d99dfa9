#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "brood/exit_status.hpp"

namespace brood::cluster {

struct reload_options {
  /// How many new workers are started before as many old ones are told to go, over and over. 0: all at once; then a
  /// generation that does not get ready leaves every old worker where it was, for twice the memory meanwhile.
  std::size_t surge = 0;
  /// How long a new worker may take to get ready.
  std::chrono::milliseconds ready_timeout{30'000};
};

/// How a reload went.
struct reload_result {
  /// New workers that are ready and serve, in place of as many old ones.
  std::size_t replaced = 0;
  /// Old workers that stay since their successors did not get ready. None: all went well.
  std::size_t kept = 0;
  /// Why, where it did not: "worker 5 exited with code 3 before it was ready". Empty otherwise.
  std::string reason{};
  /// The file that the new workers were started from, all symbolic links followed. If settings::exec is a name without
  /// a folder, it is that name.
  std::filesystem::path program{};
  /// How that worker ended, if that is why.
  std::optional<exit_status> status{};

  explicit operator bool() const noexcept { return reason.empty(); }
};

}  // namespace brood::cluster

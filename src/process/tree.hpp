#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "brood/child_process.hpp"
#include "loop/reaper.hpp"

namespace brood::detail::process {

/// A child and its descendants, as far as they can be determined. child_process::kill_tree defines which.
struct tree {
  /// The variable that contains the marks: of the outermost tree first, if one tree is inside another.
  static constexpr std::string_view mark_name = "BROOD_TREE";
  static constexpr char between_marks = ':';

  pid_t root = 0;
  bool group = false;  // the root was started as the leader of a group, which has the root's number
  std::filesystem::path cgroup{};
  std::string mark{};        // in the environment of its processes
  pid_t outer_session = -1;  // the session that the root was started in; -1: the root leads its own
  std::uint64_t start = 0;   // no process of the tree is older; in the unit of sys::ticks_since_start()

  /// The result of a search. `reached` are the processes that got the signal.
  struct outcome {
    tree_report report{};
    std::vector<pid_t> reached{};
    bool found_nobody() const noexcept { return report.signalled == 0 && report.left.empty(); }
  };

  /// Whether it was started with `.group`, `.cgroup` or `.tree`: all calls reach it then.
  bool has_bounds() const noexcept { return !mark.empty(); }
  /// Must be called when the root was reaped. A group without processes loses its number, which may then be reused.
  void forget_dead_group() noexcept;
  /// As child_process::kill_tree; 0 only searches. The root is signalled through its reaper.
  outcome signal(int number, loop::reaper& root_reaper);
};

}  // namespace brood::detail::process

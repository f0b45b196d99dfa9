#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "brood/child_process.hpp"

namespace brood::process {

/// A child and all that came from it, as far as it can be known: what cgroup it was put into, the group it heads, and a
/// mark in its environment that its descendants inherit.
struct tree {
  /// The variable that holds the marks: of the outermost tree first, where a child of one is the root of another.
  static constexpr std::string_view mark_name = "BROOD_TREE";
  static constexpr char between_marks = ':';

  pid_t root = 0;
  bool group = false;
  std::filesystem::path cgroup{};
  std::string mark{};  // empty: none

  bool has_bounds() const noexcept { return group || !cgroup.empty(); }
  /// To be called once the root was reaped: a group that nobody is in any more has lost its number, which may be that
  /// of strangers next.
  void forget_dead_group() noexcept;
  /// Whether anything is left inside its bounds.
  bool alive() const;
  /// Sends a signal to all inside its bounds.
  void signal(int number) const;
  /// As child_process::kill_tree. `root_lives`: the root was not reaped, so its pid is still its own.
  tree_report kill(int number, bool root_lives) const;
};

}  // namespace brood::process

#include "process/tree.hpp"

#include "process/tree_search.hpp"
#include "sys/calls.hpp"

namespace brood::detail::process {

/// The kernel never reuses a number that a process group still has. So a process with the root's number, after the root
/// was reaped, is unrelated, and so is its group.
void tree::forget_dead_group() noexcept {
  if (!group) return;
  const bool group_is_dead = sys::kill(-root, 0) == -1 && errno == ESRCH;
  const bool number_is_free = sys::kill(root, 0) == -1 && errno == ESRCH;
  if (group_is_dead || !number_is_free) group = false;
}

tree::outcome tree::signal(int number, loop::reaper& root_reaper) {
  error_code failed;
  const bool root_lives = root_reaper.signal(0, failed) || failed;
  if (!root_lives) forget_dead_group();
  return tree_search(*this, number, root_lives ? &root_reaper : nullptr).run();
}

}  // namespace brood::detail::process

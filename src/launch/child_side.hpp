#pragma once

#include <type_traits>

namespace brood::launch {

/// Which step failed in the child, and what it was at: written into memory shared with the parent.
struct child_failure {
  int error = 0;  ///< errno; 0 while nothing failed
  int step = 0;   ///< a spawn_step
  int index = 0;  ///< which descriptor
};

/// All the child needs between clone and exec. It shares our memory there, while the thread that cloned it stands
/// still: nothing here owns anything, and nothing may be allocated, locked or destroyed.
struct child_view {
  const char* const* candidates;  ///< paths to try in turn, null-terminated
  const char** argv;              ///< null-terminated; argv[-1] is a spare slot
  const char* const* env;
  const char* cwd;                ///< null: stay
  int* descriptors;               ///< index: the child's number; value: ours, or -1 for none
  int descriptor_count;
  bool new_session;
  child_failure failure;
};
static_assert(std::is_trivially_destructible_v<child_view> && std::is_standard_layout_v<child_view>);

/// The child's whole life before the program: signal handlers reset, descriptors in place, the rest closed, session,
/// directory, exec. Makes raw system calls only. Returns never; on failure it fills `failure` and ends with 127.
int child_main(void* view) noexcept;

}  // namespace brood::launch

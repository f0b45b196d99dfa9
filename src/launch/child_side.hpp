#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <type_traits>

namespace brood::detail::launch {

/// The step that failed in the child, and its object. Written into memory that is shared with the parent.
struct child_failure {
  int error = 0;  ///< errno; 0 if nothing failed
  int step = 0;   ///< a spawn_step
  /// the number of the descriptor; for the step `group`: 0 for the group itself, 1 for the supplementary groups
  int index = 0;
};

struct child_limit {
  int resource;
  rlimit64 value;
};

/// All data that the child needs between clone and exec. The child shares the parent's memory while the cloning thread
/// waits, so nothing here owns anything, and nothing may be allocated, locked or destroyed.
struct child_view {
  const char* const* candidates;  ///< paths to try in order, null-terminated
  const char** argv;              ///< null-terminated; argv[-1] is a spare element
  const char* const* env;
  const char* cwd;   ///< null: unchanged
  int* descriptors;  ///< index: the child's number; value: the parent's, or -1 for none
  int descriptor_count;
  int cgroup;  ///< an open cgroup.procs, or -1
  bool new_session;
  bool new_group;
  int terminal;  ///< the child's descriptor that becomes its controlling terminal, or -1
  pid_t parent;  ///< the parent to die with; 0: none
  const child_limit* limits;
  int limit_count;
  const unsigned long* cpus;  ///< an affinity mask; null: the parent's
  unsigned long cpus_size;    ///< in bytes
  bool default_policy;        ///< use SCHED_OTHER instead of the policy of the cloning thread
  int nice;
  bool set_nice;
  mode_t umask;
  bool set_umask;
  const gid_t* groups;  ///< null: unchanged
  int group_count;
  gid_t gid;
  bool set_gid;
  uid_t uid;
  bool set_uid;
  bool no_new_privs;
  child_failure failure;
};
static_assert(std::is_trivially_destructible_v<child_view> && std::is_standard_layout_v<child_view>);

/// Runs in the child until it executes the program: resets signal handlers, puts descriptors in place and closes the
/// rest, sets session and directory. Makes raw system calls only. Never returns; if a step fails, it fills `failure`
/// and exits with 127.
int child_main(void* view) noexcept;

}  // namespace brood::detail::launch

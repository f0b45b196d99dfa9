#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <type_traits>

namespace brood::detail::launch {

/// Which step failed in the child, and what it was at: written into memory shared with the parent.
struct child_failure {
  int error = 0;  ///< errno; 0 while nothing failed
  int step = 0;   ///< a spawn_step
  int index = 0;  ///< which descriptor; of the step `group`: 0 for the group itself, 1 for the supplementary ones
};

struct child_limit {
  int resource;
  rlimit64 value;
};

/// All the child needs between clone and exec. It shares our memory there, while the thread that cloned it stands
/// still: nothing here owns anything, and nothing may be allocated, locked or destroyed.
struct child_view {
  const char* const* candidates;  ///< paths to try in turn, null-terminated
  const char** argv;              ///< null-terminated; argv[-1] is a spare slot
  const char* const* env;
  const char* cwd;   ///< null: stay
  int* descriptors;  ///< index: the child's number; value: ours, or -1 for none
  int descriptor_count;
  int cgroup;  ///< an open cgroup.procs, or -1
  bool new_session;
  bool new_group;
  int terminal;  ///< the child's descriptor that shall control its session, or -1
  pid_t parent;  ///< die with the process of this pid; 0: outlive it
  const child_limit* limits;
  int limit_count;
  const unsigned long* cpus;  ///< an affinity mask; null: as the parent
  unsigned long cpus_size;    ///< in bytes
  bool default_policy;          ///< schedule it as any other process (SCHED_OTHER), not as the thread that made it
  int nice;
  bool set_nice;
  mode_t umask;
  bool set_umask;
  const gid_t* groups;  ///< null: leave them
  int group_count;
  gid_t gid;
  bool set_gid;
  uid_t uid;
  bool set_uid;
  bool no_new_privs;
  child_failure failure;
};
static_assert(std::is_trivially_destructible_v<child_view> && std::is_standard_layout_v<child_view>);

/// The child's whole life before the program: signal handlers reset, descriptors in place, the rest closed, session,
/// directory, exec. Makes raw system calls only. Returns never; on failure it fills `failure` and ends with 127.
int child_main(void* view) noexcept;

}  // namespace brood::detail::launch

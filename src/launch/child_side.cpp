#include "launch/child_side.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include "brood/error.hpp"
#include "sys/faults.hpp"

// Everything in this file runs in the child between clone and exec, on memory it shares with the parent. The rules:
// system calls through syscall() only (no libc wrapper that takes a lock or that a sanitizer intercepts), no
// allocation, no destructor. Sanitizers must not instrument it: their bookkeeping belongs to the parent.
#define BROOD_CHILD_SIDE __attribute__((no_sanitize("address", "thread", "undefined")))

namespace brood::detail::launch {
namespace {

BROOD_CHILD_SIDE long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) noexcept {
  if (sys::fault_due()) return -1;  // the count is in the shared memory as well
  return ::syscall(number, a, b, c, d, e);
}

template <class T>
BROOD_CHILD_SIDE long word(T* pointer) noexcept {
  return reinterpret_cast<long>(pointer);
}

[[noreturn]] BROOD_CHILD_SIDE void fail(child_view& view, spawn_step step, int index = 0) noexcept {
  view.failure.error = errno;
  view.failure.step = static_cast<int>(step);
  view.failure.index = index;
  for (;;) ::syscall(SYS_exit_group, 127);
}

/// The kernel's own sigaction, which knows signals 32 and 33 as well: libc keeps those to itself.
struct kernel_sigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};
constexpr int signal_count = 64;

/// Puts every signal back to its default and opens the mask, so that the program starts as from a login shell. The
/// order matters: with handlers of the parent still set, a signal let in here would run them, in the parent's memory.
BROOD_CHILD_SIDE void reset_signals() noexcept {
  kernel_sigaction act;
  act.handler = SIG_DFL;
  act.flags = 0;
  act.restorer = nullptr;
  act.mask = 0;
  for (int signal = 1; signal <= signal_count; ++signal) {
    call(SYS_rt_sigaction, signal, word(&act), 0, sizeof act.mask);
  }
  unsigned long none = 0;
  call(SYS_rt_sigprocmask, SIG_SETMASK, word(&none), 0, sizeof none);
}

/// Gives descriptor `i` of the child what `descriptors[i]` names, for all i at once: {1, 0, 2} swaps.
///
/// A source that stands where another one must go is first moved above all of them; only then are they put in place.
BROOD_CHILD_SIDE void place_descriptors(child_view& view) noexcept {
  const int count = view.descriptor_count;
  for (int i = 0; i < count; ++i) {
    const int source = view.descriptors[i];
    if (source < 0 || source >= count || source == i) continue;
    const long moved = call(SYS_fcntl, source, F_DUPFD_CLOEXEC, count);
    if (moved == -1) fail(view, spawn_step::descriptor, i);
    for (int j = i; j < count; ++j) {
      if (view.descriptors[j] == source && j != source) view.descriptors[j] = static_cast<int>(moved);
    }
  }
  for (int i = 0; i < count; ++i) {
    const int source = view.descriptors[i];
    if (source < 0) {
      call(SYS_close, i);
    } else if (source == i) {
      if (call(SYS_fcntl, i, F_SETFD, 0) == -1) fail(view, spawn_step::descriptor, i);
    } else if (call(SYS_dup3, source, i, 0) == -1) {
      fail(view, spawn_step::descriptor, i);
    }
  }
  if (call(SYS_close_range, count, UINT_MAX, 0) == -1) fail(view, spawn_step::descriptor, 0);
}

/// Before descriptors are touched: the file is one of the parent's. "0" stands for the writer itself.
BROOD_CHILD_SIDE void enter_cgroup(child_view& view) noexcept {
  static const char self[] = "0";
  if (view.cgroup >= 0 && call(SYS_write, view.cgroup, word(self), 1) == -1) fail(view, spawn_step::cgroup);
}

BROOD_CHILD_SIDE void leave_session(child_view& view) noexcept {
  if (view.new_session && call(SYS_setsid) == -1) fail(view, spawn_step::session);
  if (view.terminal >= 0 && call(SYS_ioctl, view.terminal, TIOCSCTTY, 0) == -1) fail(view, spawn_step::session);
  if (view.new_group && !view.new_session && call(SYS_setpgid, 0, 0) == -1) fail(view, spawn_step::session);
}

BROOD_CHILD_SIDE void set_limits(child_view& view) noexcept {
  for (int i = 0; i < view.limit_count; ++i) {
    const child_limit& one = view.limits[i];
    if (call(SYS_prlimit64, 0, one.resource, word(&one.value), 0) == -1) fail(view, spawn_step::limit, i);
  }
  const sched_param none{};
  if (view.default_policy && call(SYS_sched_setscheduler, 0, SCHED_OTHER, word(&none)) == -1) {
    fail(view, spawn_step::limit);
  }
  if (view.set_nice && call(SYS_setpriority, PRIO_PROCESS, 0, view.nice) == -1) fail(view, spawn_step::limit);
  if (view.cpus != nullptr &&
      call(SYS_sched_setaffinity, 0, static_cast<long>(view.cpus_size), word(view.cpus)) == -1) {
    fail(view, spawn_step::limit);
  }
  if (view.set_umask) call(SYS_umask, static_cast<long>(view.umask));
}

/// Groups before the user: after the user has changed there is no right to change them any more. Who may not become
/// that user may not drop its groups either; then it is the user that is told.
BROOD_CHILD_SIDE void change_identity(child_view& view) noexcept {
  int groups_error = 0;
  if (view.groups != nullptr && call(SYS_setgroups, view.group_count, word(view.groups)) == -1) groups_error = errno;
  const long gid = static_cast<long>(view.gid);
  const long uid = static_cast<long>(view.uid);
  if (view.set_gid && call(SYS_setresgid, gid, gid, gid) == -1) fail(view, spawn_step::group);
  if (view.set_uid && call(SYS_setresuid, uid, uid, uid) == -1) fail(view, spawn_step::user);
  if (groups_error != 0) {
    errno = groups_error;
    fail(view, spawn_step::group, 1);
  }
  if (view.no_new_privs && call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1) == -1) fail(view, spawn_step::privileges);
}

/// After the identity: changing it takes the setting back. The parent may have died before the signal was set, and then
/// it will never come; but we were given to another parent, and that can be seen.
BROOD_CHILD_SIDE void tie_to_parent(child_view& view) noexcept {
  if (view.parent == 0) return;
  if (call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL) == -1) fail(view, spawn_step::parent);
  if (::syscall(SYS_getppid) != view.parent) {
    errno = ESRCH;
    fail(view, spawn_step::parent);
  }
}

/// Executes the program; returns with errno if that fails.
///
/// ETXTBSY says that the file is open for writing. Its writer may have closed it long ago: a child of another thread
/// that stands between clone and exec holds a copy of each descriptor of this process until it closes or executes. So
/// the attempt is repeated for 127 ms in all. The thread that cloned us waits that long as well, and each child of this
/// process is past that point much sooner.
BROOD_CHILD_SIDE void execute_file(const char* path, const char* const* argv, const char* const* env) noexcept {
  constexpr long first_pause = 1'000'000;  // nanoseconds
  constexpr long last_pause = 64 * first_pause;
  for (long pause = first_pause;; pause *= 2) {
    call(SYS_execve, word(path), word(argv), word(env));
    if (errno != ETXTBSY || pause > last_pause) return;
    const timespec time{.tv_sec = 0, .tv_nsec = pause};
    ::syscall(SYS_nanosleep, &time, nullptr);
    errno = ETXTBSY;
  }
}

/// A text file without "#!" is a shell script: execvp(3) has run those with /bin/sh since there is a shell.
BROOD_CHILD_SIDE void run_as_script(child_view& view, const char* path) noexcept {
  const char** argv = view.argv - 1;
  argv[0] = "/bin/sh";
  const char* name = argv[1];
  argv[1] = path;
  execute_file(argv[0], argv, view.env);
  argv[1] = name;
}

[[noreturn]] BROOD_CHILD_SIDE void execute(child_view& view) noexcept {
  int reason = ENOENT;
  for (const char* const* path = view.candidates; *path != nullptr; ++path) {
    execute_file(*path, view.argv, view.env);
    if (errno == ENOEXEC) {
      run_as_script(view, *path);
      errno = ENOEXEC;
    }
    // As execvp(3): a directory of PATH that is not there says nothing; one that has the program but does not let
    // us run it is remembered, the search goes on; anything else is final.
    if (errno == EACCES) {
      reason = EACCES;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      reason = errno;
      break;
    } else if (reason != EACCES) {
      reason = errno;  // the last one's, or an entry of PATH that is a file would hide that nobody has the program
    }
  }
  errno = reason;
  fail(view, spawn_step::execute);
}

}  // namespace

BROOD_CHILD_SIDE int child_main(void* shared) noexcept {
  auto& view = *static_cast<child_view*>(shared);
  reset_signals();
  enter_cgroup(view);
  place_descriptors(view);
  leave_session(view);
  set_limits(view);
  change_identity(view);
  tie_to_parent(view);
  if (view.cwd != nullptr && call(SYS_chdir, word(view.cwd)) == -1) fail(view, spawn_step::directory);
  execute(view);
}

}  // namespace brood::detail::launch

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

// Everything in this file runs in the child between clone and exec, in memory that it shares with the parent. It makes
// system calls through syscall() only, because a libc wrapper may take a lock or be intercepted by a sanitizer. It
// neither allocates nor destroys. Sanitizers must not instrument it, because their bookkeeping belongs to the parent.
#define BROOD_CHILD_SIDE __attribute__((no_sanitize("address", "thread", "undefined")))

namespace brood::detail::launch {
namespace {

BROOD_CHILD_SIDE long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) noexcept {
  if (sys::fault_due()) return -1;  // the counter is in the shared memory, too
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

/// The kernel's own sigaction, which includes signals 32 and 33. libc reserves those.
struct kernel_sigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};
constexpr int signal_count = 64;

/// Resets every signal to its default and unblocks all signals, so that the program starts as from a login shell. The
/// order matters: with the parent's handlers still set, a signal that is unblocked here would run them in the parent's
/// memory.
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

/// Puts `descriptors[i]` at number `i` of the child, for all i at once: {1, 0, 2} swaps the first two.
///
/// A source that occupies the number of another one is first duplicated above all of them. Then all are put in place.
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

/// Before the descriptors are moved, because this file is the parent's. "0" stands for the writing process.
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

/// Groups first: after the user has changed, there is no permission to change them. A process that may not switch to
/// that user may not drop its groups either; the error is reported for the user then.
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

/// After the identity, because changing it resets this setting. The parent may have exited before the signal was set,
/// and then the signal never comes; but this process has another parent then, which is checked.
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
/// ETXTBSY means that the file is open for writing, but its writer may have closed it already: between clone and exec,
/// a child of another thread holds a copy of each descriptor of this process. So the attempt is repeated for up to 127
/// ms. The cloning thread waits as long, and the other child takes much less time.
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

/// A text file without "#!" is a shell script: execvp(3) runs it with /bin/sh.
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
    // As in execvp(3): a missing directory of PATH is skipped. If one has the program without execute permission, the
    // error is remembered and the search continues. Any other error is final.
    if (errno == EACCES) {
      reason = EACCES;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      reason = errno;
      break;
    } else if (reason != EACCES) {
      // the error of the last path; an entry of PATH that is a file must not hide that the program was not found
      reason = errno;
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

#include "launch/launch.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/calls.hpp"
#include "sys/faults.hpp"

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer treats clone() as a fork: its part in the child would change its data about this thread, in the
// shared memory. glibc exports the function under this name as well.
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);
constexpr auto* clone_uninstrumented = &__clone;
#else
constexpr auto* clone_uninstrumented = &::clone;
#endif

namespace brood::detail::launch {
namespace {

/// Blocks every signal in this thread, including those that libc reserves. The child starts with the same mask: a
/// signal handler that ran in the child would change the parent's memory.
class blocked_signals {
 public:
  blocked_signals() noexcept {
    const unsigned long all = ~0UL;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &saved_, sizeof all);
  }
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;
  ~blocked_signals() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &saved_, nullptr, sizeof saved_); }

 private:
  unsigned long saved_ = 0;
};

/// CLONE_VM: the child runs in the parent's memory. CLONE_VFORK: this thread waits until the child executes a program
/// or exits, so the child's stack can be an array on this one.
process clone_child(child_view& view) {
  constexpr std::size_t stack_size = 16 * 1024;
  alignas(16) unsigned char stack[stack_size];
  process child;
  int pidfd = -1;
  if (sys::fault_due()) throw spawn_error(spawn_step::clone, sys::last_error(), view.argv[0]);
  blocked_signals quiet;
  child.pid = clone_uninstrumented(child_main, stack + stack_size, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                                   &view, &pidfd);
  const error_code reason = child.pid == -1 ? sys::last_error() : error_code();
  if (reason) throw spawn_error(spawn_step::clone, reason, view.argv[0]);
  child.pidfd.reset(pidfd);
  return child;
}

}  // namespace

process start(plan& p) {
  child_view& view = p.view();
  process child = clone_child(view);
  if (view.failure.error == 0) return child;
  siginfo_t info{};
  sys::wait_pidfd(child.pidfd.get(), &info, nullptr, WEXITED);
  throw p.error_of(view.failure);
}

}  // namespace brood::detail::launch

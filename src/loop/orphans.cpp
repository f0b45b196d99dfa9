#include "loop/orphans.hpp"

#include <atomic>
#include <new>
#include <utility>

#include "sys/calls.hpp"

namespace brood::detail::loop {
namespace {

struct orphan {
  unique_fd pidfd;
  orphan* next = nullptr;
};

/// A thread pushes one orphan, or takes the whole list to look through it, so no lock is needed. A lock might be held
/// by another thread during fork(2). The list is never destroyed, because loops may end while the process exits.
std::atomic<orphan*> first = nullptr;

void push(orphan* one) noexcept {
  one->next = first;
  while (!first.compare_exchange_weak(one->next, one)) {}
}

/// ECHILD means that other code collected the status, or that the child belongs to another process since a fork(2).
bool is_collected(const unique_fd& pidfd) noexcept {
  siginfo_t info{};
  return sys::wait_pidfd(pidfd.get(), &info, nullptr, WEXITED | WNOHANG) == -1 || info.si_pid != 0;
}

}  // namespace

void add_orphan(unique_fd pidfd) noexcept {
  if (!pidfd || is_collected(pidfd)) return;
  auto* const one = new (std::nothrow) orphan{std::move(pidfd)};
  if (one != nullptr) push(one);  // without memory the child stays a zombie
}

void collect_orphans() noexcept {
  constexpr int max_at_once = 64;
  if (first == nullptr) return;
  orphan* list = first.exchange(nullptr);
  // Inspected orphans are pushed first. The others end up on top of them, where the next call begins.
  for (int looked_at = 0; list != nullptr; ++looked_at) {
    orphan* const one = std::exchange(list, list->next);
    if (looked_at < max_at_once && is_collected(one->pidfd)) {
      delete one;
    } else {
      push(one);
    }
  }
}

}  // namespace brood::detail::loop

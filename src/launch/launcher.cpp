#include "launch/launcher.hpp"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace brood::detail::launch {
namespace {

thread_local bool stands_back = false;

/// A thread that is woken may preempt the one that woke it, and starting a child takes a while: the caller would be
/// delayed by that time. A thread of SCHED_BATCH never preempts another one (sched(7)).
void stand_back() noexcept {
  const sched_param none{};
  stands_back = ::sched_getscheduler(0) == SCHED_OTHER && ::sched_setscheduler(0, SCHED_BATCH, &none) == 0;
}

class launcher {
 public:
  bool is_ours() const noexcept { return process_ == ::getpid(); }

  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      if (!started_) begin();
      jobs_.push_back(std::move(job));
    }
    more_.notify_one();  // after unlocking, so that the woken thread finds the mutex free
  }

 private:
  /// The new thread inherits the signal mask, so it handles no signal. Throws std::system_error if no thread can be
  /// started.
  void begin() {
    struct deaf {
      sigset_t before;
      deaf() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
      }
      ~deaf() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    } until_it_runs;
    std::thread([this] { run(); }).detach();
    started_ = true;
  }

  [[noreturn]] void run() {
    stand_back();
    for (;;) {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [this] { return !jobs_.empty(); });
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  const pid_t process_ = ::getpid();
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> jobs_;
  bool started_ = false;
};

/// The launcher of this process. It is never destroyed, because its thread runs until the process exits. After fork(2),
/// for example in a program that becomes a daemon, the thread exists only in the other process and the mutex may be
/// locked for ever. So the child of a fork gets a new launcher.
launcher& own_launcher() {
  static std::atomic<launcher*> known = new launcher;
  launcher* found = known;
  while (!found->is_ours()) {
    auto fresh = std::make_unique<launcher>();
    if (known.compare_exchange_strong(found, fresh.get())) return *fresh.release();
  }
  return *found;
}

}  // namespace

void on_launcher(std::function<void()> job) { own_launcher().post(std::move(job)); }

process start_here(plan& p) {
  p.view().default_policy = stands_back;
  return start(p);
}

process start_on_launcher(plan& p) {
  // Shared, because get() may return while set_value() is still using the promise.
  auto started = std::make_shared<std::promise<process>>();
  auto result = started->get_future();
  try {
    on_launcher([started, &p] {
      try {
        started->set_value(start_here(p));
      } catch (...) {
        started->set_exception(std::current_exception());
      }
    });
  } catch (const std::system_error& error) {
    throw spawn_error(spawn_step::clone, error.code(), p.view().argv[0]);
  }
  return result.get();
}

}  // namespace brood::detail::launch

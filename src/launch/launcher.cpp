#include "launch/launcher.hpp"

#include <signal.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace brood::launch {
namespace {

class launcher {
 public:
  void post(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    if (!started_) begin();
    jobs_.push_back(std::move(job));
    more_.notify_one();
  }

 private:
  /// The new thread inherits the mask, and with it deafness to signals. Throws std::system_error where there may be no
  /// more threads.
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
    for (;;) {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [this] { return !jobs_.empty(); });
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> jobs_;
  bool started_ = false;
};

}  // namespace

void on_launcher(std::function<void()> job) {
  static auto* const instance = new launcher;  // never destroyed: its thread runs until the process is gone
  instance->post(std::move(job));
}

process start_on_launcher(plan& p) {
  // Shared: get() may return while set_value() still stands in the promise.
  auto started = std::make_shared<std::promise<process>>();
  auto result = started->get_future();
  try {
    on_launcher([started, &p] {
      try {
        started->set_value(start(p));
      } catch (...) {
        started->set_exception(std::current_exception());
      }
    });
  } catch (const std::system_error& error) {
    throw spawn_error(spawn_step::clone, error.code(), p.view().argv[0]);
  }
  return result.get();
}

}  // namespace brood::launch

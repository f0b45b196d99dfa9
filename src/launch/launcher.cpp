#include "launch/launcher.hpp"

#include <signal.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace brood::launch {
namespace {

class launcher {
 public:
  void post(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (!started_) begin();
    more_.notify_one();
  }

 private:
  /// The new thread inherits the mask, and with it deafness to signals.
  void begin() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { run(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
  std::promise<process> started;
  auto result = started.get_future();
  on_launcher([&] {
    try {
      started.set_value(start(p));
    } catch (...) {
      started.set_exception(std::current_exception());
    }
  });
  return result.get();
}

}  // namespace brood::launch

#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace brood::detail {

namespace asio = boost::asio;

/// Detects two threads that use the objects of one execution context at the same time.
///
/// brood's objects use no locks: their executor must run one handler at a time. A strand guarantees that, and so does
/// an io_context that one thread runs. An io_context that several threads run does not, and neither Asio nor the
/// compiler would notice. There is one guard for each io_context and thread pool.
class loop_guard {
 public:
  /// The guard of the executor's context. Null unless the executor is that of an io_context or a thread pool itself: a
  /// strand runs one handler at a time anyway.
  static std::shared_ptr<loop_guard> of(const asio::any_io_executor& ex);

 private:
  friend class loop_entry;
  std::atomic<const void*> thread_{nullptr};
};

/// Must be called where a program creates an object. A strand of an io_context may be used before the context is run.
/// The threads of a pool always run: an object that is created off its strand would be used by two threads.
/// Throws: std::logic_error if `ex` is a strand of a thread pool and the running thread is not on it.
void require_strand(const asio::any_io_executor& ex);

/// Marks that the running thread is in brood's code: inside a handler that the loop runs, or inside a call of the
/// program.
///
/// It enforces two rules for all objects:
/// - One thread at a time. A second thread gets an exception before it changes anything.
/// - A listener never runs inside a call of the program: emit() postpones it.
class loop_entry {
 public:
  enum class from { handler, call };

  /// `guard` may be null.
  /// Throws: std::logic_error if another thread is inside.
  loop_entry(from where, loop_guard* guard) : where_(where) {
    if (guard != nullptr) enter(*guard);
    outer_ = std::exchange(innermost_, this);
  }
  ~loop_entry() {
    innermost_ = outer_;
    if (guard_ != nullptr) guard_->thread_.store(nullptr, std::memory_order_release);
  }
  loop_entry(const loop_entry&) = delete;
  loop_entry& operator=(const loop_entry&) = delete;

  /// Whether the innermost entry of this thread is a call of the program.
  static bool in_call() noexcept { return innermost_ != nullptr && innermost_->where_ == from::call; }

 private:
  void enter(loop_guard& guard) {
    const void* const me = &innermost_;  // one address per thread
    if (guard.thread_.load(std::memory_order_relaxed) == me) return;
    const void* nobody = nullptr;
    if (!guard.thread_.compare_exchange_strong(nobody, me, std::memory_order_acquire)) refuse();
    guard_ = &guard;
  }
  [[noreturn]] static void refuse();

  static inline constinit thread_local const loop_entry* innermost_ = nullptr;

  const from where_;
  const loop_entry* outer_ = nullptr;
  loop_guard* guard_ = nullptr;  // the guard that the destructor releases
};

/// Calls `emission` now, or from the loop if the running thread is inside a call of the program.
template <class Emission>
void emit(const asio::any_io_executor& ex, Emission emission) {
  if (loop_entry::in_call()) {
    asio::post(ex, std::move(emission));
  } else {
    emission();
  }
}

/// The pointer from a handle to its state. Each call through it is a call of the program.
template <class State>
class state_ptr {
  class call {
   public:
    call(loop_guard* guard, State* state) : entry_(loop_entry::from::call, guard), state_(state) {}
    State* operator->() const noexcept { return state_; }

   private:
    loop_entry entry_;
    State* state_;
  };

 public:
  state_ptr() = default;
  state_ptr(std::shared_ptr<State> state, const asio::any_io_executor& ex)
      : state_(std::move(state)), guard_(loop_guard::of(ex)) {}

  call operator->() const { return call(guard_.get(), state_.get()); }
  /// For a call that takes several steps.
  loop_entry enter() const { return loop_entry(loop_entry::from::call, guard_.get()); }
  explicit operator bool() const noexcept { return state_ != nullptr; }

  /// For data that never changes and may be read by any thread.
  const std::shared_ptr<State>& unguarded() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<loop_guard> guard_;
};

}  // namespace brood::detail

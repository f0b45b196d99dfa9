#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <mutex>
#include <utility>

namespace brood::detail {

namespace asio = boost::asio;

/// Notifies objects that their loop is being destroyed, while it still exists.
///
/// An object keeps its waiters (handlers, coroutines, listeners), which may own the object in turn. If the loop ended
/// before they were called, such a cycle would never be freed; Asio frees only the operations that it keeps itself.
/// Objects join when they first keep a waiter, and are removed by their destructor.
class loop_end : public asio::execution_context::service {
 public:
  class member {
   public:
    member(const member&) = delete;
    member& operator=(const member&) = delete;

   protected:
    member() = default;
    ~member() { leave(); }
    /// Returns true for the first call.
    bool join(const asio::any_io_executor& ex) {
      if (list_ != nullptr) return false;
      asio::use_service<loop_end>(asio::query(ex, asio::execution::context)).add(*this);
      return true;
    }
    /// Must drop all waiters. This may destroy the object itself.
    virtual void let_go() noexcept = 0;

   private:
    friend loop_end;
    void leave() noexcept {
      if (list_ != nullptr) list_->remove(*this);
    }

    loop_end* list_ = nullptr;
    member* previous_ = nullptr;
    member* next_ = nullptr;
  };

  inline static asio::execution_context::id id;
  explicit loop_end(asio::execution_context& context) : service(context) {}

 private:
  void shutdown() noexcept override {
    while (member* one = take_first()) one->let_go();
  }

  void add(member& one) {
    const std::lock_guard lock(mutex_);
    one.list_ = this;
    one.next_ = std::exchange(first_, &one);
    if (one.next_ != nullptr) one.next_->previous_ = &one;
  }

  void remove(member& one) noexcept {
    const std::lock_guard lock(mutex_);
    unlink(one);
  }

  member* take_first() noexcept {
    const std::lock_guard lock(mutex_);
    member* const one = first_;
    if (one != nullptr) unlink(*one);
    return one;
  }

  void unlink(member& one) noexcept {
    (one.previous_ != nullptr ? one.previous_->next_ : first_) = one.next_;
    if (one.next_ != nullptr) one.next_->previous_ = one.previous_;
    one.list_ = nullptr;
    one.previous_ = one.next_ = nullptr;
  }

  std::mutex mutex_;  // several threads may run a loop, each with objects of its own
  member* first_ = nullptr;
};

}  // namespace brood::detail

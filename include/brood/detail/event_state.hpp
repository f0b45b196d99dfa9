#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "brood/detail/listeners.hpp"
#include "brood/detail/waiters.hpp"

namespace brood::detail {

using boost::system::error_code;

/// The state of a one_shot_event. The library sets it once; every listener and waiter is notified, early or late.
template <class... Results>
class one_shot_state : public std::enable_shared_from_this<one_shot_state<Results...>> {
 public:
  explicit one_shot_state(asio::any_io_executor ex) : waiters_(ex), own_(ex), listeners_(std::move(ex)) {}

  /// Only the first call has an effect. Waiters are posted. The library's listeners are called from here; those of the
  /// program are called as emit() does. The caller must have updated its own state before.
  void set(error_code ec, Results... results) {
    if (over()) return;
    error_ = ec;
    results_.emplace(std::move(results)...);
    while (!waiters_.empty()) {
      std::apply([&](const auto&... r) { waiters_.complete_one(error_, r...); }, *results_);
    }
    const auto keep = this->shared_from_this();  // a listener may hold the last reference to this
    emit(waiters_.get_executor(), [keep] { keep->call_all(keep->listeners_); });
    call_all(own_);  // after the program's listeners, because what the library does next comes after this event
  }

  /// The event can no longer happen. Pending and later waits complete with `reason`; listeners are not called.
  void fail(error_code reason) {
    if (over()) return;
    error_ = reason;
    while (!waiters_.empty()) waiters_.complete_one(reason, no_result<Results>(waiters_.get_executor())...);
    own_.clear();
    listeners_.clear();
  }

  /// Called with true when the first waiter or listener is added, and with false when the last one is removed.
  void on_interest(std::function<void(bool)> interest) { interest_changed_ = std::move(interest); }
  bool has_interest() const noexcept { return !listeners_.empty() || !waiters_.empty(); }

  bool happened() const noexcept { return results_.has_value(); }
  error_code error() const noexcept { return error_; }
  const std::tuple<Results...>* results() const noexcept { return results_ ? &*results_ : nullptr; }

  /// Adds a listener of the library, which is called even inside a call of the program.
  template <class Function>
  void listen(Function function) {
    if (error_ && !results_) return;
    own_.add(std::move(function), audience::library);
    if (results_) call_later(&one_shot_state::own_);
  }

  template <class Function>
  std::weak_ptr<listener_base> listen_for_program(Function function) {
    if (error_ && !results_) return {};
    auto added = listeners_.add(std::move(function), audience::program);
    if (results_) {
      call_later(&one_shot_state::listeners_);
      return added;
    }
    added.lock()->cancelled = [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->tell_interest();
    };
    tell_interest();
    return added;
  }

  void wait(typename waiters<Results...>::handler handler) {
    if (results_) {
      return std::apply([&](const auto&... r) { waiters_.post(std::move(handler), error_, r...); }, *results_);
    }
    if (error_) return waiters_.post(std::move(handler), error_, no_result<Results>(waiters_.get_executor())...);
    waiters_.add(std::move(handler), [this](auto...) { tell_interest(); });
    tell_interest();
  }

  /// Called when the handle of this event is destroyed.
  void forget_program() noexcept { listeners_.forget_program(); }

 private:
  using list = listeners<Results...>;

  bool over() const noexcept { return results_ || error_; }

  void call_all(list& which) {
    std::apply([&](const auto&... r) { which.call_once(r...); }, *results_);
  }
  /// For a listener that is added after the event: it is called from the loop, and can be cancelled until then.
  void call_later(list one_shot_state::*which) {
    asio::post(waiters_.get_executor(), [keep = this->shared_from_this(), which] { keep->call_all((*keep).*which); });
  }

  void tell_interest() {
    if (interest_changed_) interest_changed_(has_interest());
  }

  waiters<Results...> waiters_;
  list own_;  // the library's
  list listeners_;
  std::function<void(bool)> interest_changed_;
  error_code error_;
  std::optional<std::tuple<Results...>> results_;
};

/// The state of an inbox: a bounded queue with one reader at a time.
template <class T>
class inbox_state final : public std::enable_shared_from_this<inbox_state<T>>, loop_end::member {
  struct sink : listener_base {
    virtual ~sink() = default;
    virtual void take(T&& value) = 0;
  };
  template <class Function>
  struct sink_of final : sink {
    explicit sink_of(Function f) : function(std::move(f)) {}
    void take(T&& value) override { function(std::move(value)); }
    Function function;
  };

 public:
  /// The queue is full when the sum of its weights reaches `capacity`. A value weighs 1 unless its source says
  /// otherwise.
  inbox_state(asio::any_io_executor ex, std::size_t capacity) : waiters_(std::move(ex)), capacity_(capacity) {}

  /// Called whenever a full queue has room again, so that the source resumes.
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  /// Called with true when a reader starts, and with false when the last one stops.
  void on_reader(std::function<void(bool)> reader) { reader_changed_ = std::move(reader); }

  bool full() const noexcept { return weight_ >= capacity_; }
  bool has_reader() const noexcept { return (sink_ && sink_->active) || !waiters_.empty(); }
  /// Whether a reader has ever existed.
  bool ever_read() const noexcept { return ever_read_; }

  /// Never loses a value: a full queue keeps it, too. The source must check full() and pause. A listener may destroy
  /// any object, so the source must keep this one alive during the call.
  void push(T&& value, std::size_t weight = 1) {
    if (ended_) return;
    if (queue_.empty() && !waiters_.empty()) {
      waiters_.complete_one({}, std::optional<T>(std::move(value)));
      tell_reader();
      return;
    }
    if (queue_.empty() && !delivering_ && sink_ && sink_->active && !loop_entry::in_call()) {
      return hand_on(std::move(value));
    }
    queue_.push_back({std::move(value), weight});
    weight_ += weight;
    if (full()) was_full_ = true;
    emit(waiters_.get_executor(), [keep = this->shared_from_this()] { keep->deliver(); });
  }

  /// No more values will come. Queued values are still delivered, then readers get the end.
  void end() {
    if (std::exchange(ended_, true)) return;
    room_ = nullptr;
    if (queue_.empty()) end_waiters();
    reader_changed_ = nullptr;
    let_go_at_end();
  }

  template <class Function>
  std::weak_ptr<listener_base> listen(Function function) {
    auto added = std::make_shared<sink_of<Function>>(std::move(function));
    added->cancelled = [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->tell_reader();
    };
    if (this->join(waiters_.get_executor())) guard_ = loop_guard::of(waiters_.get_executor());
    const loop_entry entry(loop_entry::from::call, guard_.get());
    sink_ = added;
    ever_read_ = true;
    tell_reader();
    asio::post(waiters_.get_executor(), [keep = this->shared_from_this()] { keep->deliver(); });
    return added;
  }

  void next(typename waiters<std::optional<T>>::handler handler) {
    if (take_now(handler)) return;
    waiters_.add(std::move(handler), [this](auto...) { tell_reader(); });
    tell_reader();
  }

  /// The same with a time limit.
  void next(typename waiters<std::optional<T>>::handler handler, std::chrono::milliseconds limit) {
    if (take_now(handler)) return;
    waiters_.add_for(limit, std::move(handler), [this] { tell_reader(); });
    tell_reader();
  }

  /// The handle of this queue was destroyed: its listener is not called any more.
  void forget_program() noexcept {
    const auto last = std::exchange(sink_, nullptr);
    if (last) last->cancel();
  }

 private:
  struct queued {
    T value;
    std::size_t weight;
  };

  void let_go() noexcept override { const auto last = std::exchange(sink_, nullptr); }

  /// Completes the handler if there is a value, or if the queue has ended.
  bool take_now(typename waiters<std::optional<T>>::handler& handler) {
    ever_read_ = true;
    if (queue_.empty() && !ended_) return false;
    std::optional<T> value;
    if (!queue_.empty()) value.emplace(take());
    waiters_.post(std::move(handler), {}, std::move(value));
    tell_room();
    return true;
  }

  T take() {
    queued first = std::move(queue_.front());
    queue_.pop_front();
    weight_ -= first.weight;
    return std::move(first.value);
  }

  /// The common case: there is a listener, and the queue is empty.
  void hand_on(T&& value) {
    const auto reader = sink_;
    delivering_ = true;
    call_listener(
        waiters_.get_executor(), [&] { reader->take(std::move(value)); }, guard_.get());
    delivering_ = false;
    if (!queue_.empty()) deliver();
    let_go_at_end();
  }

  /// Delivers queued values to the listener, one by one. If the listener throws, only that value is lost.
  void deliver() {
    if (std::exchange(delivering_, true)) return;
    auto keep = this->shared_from_this();
    while (!queue_.empty()) {
      auto reader = sink_;
      if (!reader || !reader->active) break;
      T value = take();
      call_listener(
          waiters_.get_executor(), [&] { reader->take(std::move(value)); }, guard_.get());
    }
    delivering_ = false;
    tell_room();
    let_go_at_end();
  }

  /// Removes the listener after the end. Its captures may own this object.
  void let_go_at_end() {
    if (ended_ && queue_.empty() && !delivering_) const auto last = std::exchange(sink_, nullptr);
  }

  void end_waiters() {
    while (!waiters_.empty()) waiters_.complete_one({}, std::nullopt);
  }
  void tell_room() {
    if (!was_full_ || full()) return;
    was_full_ = false;
    if (room_) room_();
  }
  void tell_reader() {
    if (reader_changed_) reader_changed_(has_reader());
  }

  waiters<std::optional<T>> waiters_;
  std::deque<queued> queue_;
  std::size_t weight_ = 0;
  std::shared_ptr<sink> sink_;
  std::size_t capacity_;
  std::function<void()> room_;
  std::function<void(bool)> reader_changed_;
  bool ever_read_ = false;
  bool ended_ = false;
  bool delivering_ = false;
  bool was_full_ = false;  // and its source may have noticed
  std::shared_ptr<loop_guard> guard_;
};

}  // namespace brood::detail

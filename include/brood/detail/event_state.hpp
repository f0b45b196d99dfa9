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

/// The memory of a one_shot_event: set once by the library, and then told to everybody who asks, early or late.
template <class... Results>
class one_shot_state : public std::enable_shared_from_this<one_shot_state<Results...>> {
 public:
  explicit one_shot_state(asio::any_io_executor ex) : waiters_(ex), own_(ex), listeners_(std::move(ex)) {}

  /// Only the first call counts. Waiters are posted. The library's listeners are called from here, then those of the
  /// program, as emit() has it: the caller has put its own state in order before.
  void set(error_code ec, Results... results) {
    if (over()) return;
    error_ = ec;
    results_.emplace(std::move(results)...);
    while (!waiters_.empty()) {
      std::apply([&](const auto&... r) { waiters_.complete_one(error_, r...); }, *results_);
    }
    const auto keep = this->shared_from_this();  // a listener may hold the last reference to this
    emit(waiters_.get_executor(), [keep] { keep->call_all(keep->listeners_); });
    call_all(own_);  // after the program's: what follows from this event comes after it
  }

  /// It cannot happen any more. Waits complete with `reason`, and so do later ones; listeners are not called.
  void fail(error_code reason) {
    if (over()) return;
    error_ = reason;
    while (!waiters_.empty()) waiters_.complete_one(reason, no_result<Results>(waiters_.get_executor())...);
    own_.clear();
    listeners_.clear();
  }

  /// Called when somebody waits or listens (true), and when nobody does any more (false).
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

  /// The handle that this belongs to was dropped.
  void forget_program() noexcept { listeners_.forget_program(); }

 private:
  using list = listeners<Results...>;

  bool over() const noexcept { return results_ || error_; }

  void call_all(list& which) {
    std::apply([&](const auto&... r) { which.call_once(r...); }, *results_);
  }
  /// For a listener that comes late: it is called from the loop, and can still be cancelled until then.
  void call_later(list one_shot_state::*which) {
    asio::post(waiters_.get_executor(), [keep = this->shared_from_this(), which] { keep->call_all((*keep).*which); });
  }

  void tell_interest() {
    if (interest_changed_) interest_changed_(has_interest());
  }

  waiters<Results...> waiters_;
  list own_;  // of the library
  list listeners_;
  std::function<void(bool)> interest_changed_;
  error_code error_;
  std::optional<std::tuple<Results...>> results_;
};

/// The memory of an inbox: a bounded queue with one reader at a time.
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
  /// It is full when what it holds weighs so much; a value weighs 1 unless its source says more.
  inbox_state(asio::any_io_executor ex, std::size_t capacity) : waiters_(std::move(ex)), capacity_(capacity) {}

  /// Called whenever a full inbox has room again, so that the source goes on.
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  /// Called when a reader comes (true) and when the last one is gone (false).
  void on_reader(std::function<void(bool)> reader) { reader_changed_ = std::move(reader); }

  bool full() const noexcept { return weight_ >= capacity_; }
  bool has_reader() const noexcept { return (sink_ && sink_->active) || !waiters_.empty(); }
  /// Whether anybody has ever asked for a value.
  bool ever_read() const noexcept { return ever_read_; }

  /// Never loses the value: one too many is kept as well; the source looks at full() and stops in time. A listener may
  /// destroy anything: the source has to hold this meanwhile.
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

  /// No value comes any more. What is queued is still read; then readers get the end.
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

  /// The same, but no longer than `limit`.
  void next(typename waiters<std::optional<T>>::handler handler, std::chrono::milliseconds limit) {
    if (take_now(handler)) return;
    waiters_.add_for(limit, std::move(handler), [this] { tell_reader(); });
    tell_reader();
  }

  /// The handle that this belongs to was dropped: its listener is not called any more.
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

  /// Completes the handler if there is a value, or if no value can come any more.
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

  /// The usual case: somebody listens, and nothing waits.
  void hand_on(T&& value) {
    const auto reader = sink_;
    delivering_ = true;
    call_listener(
        waiters_.get_executor(), [&] { reader->take(std::move(value)); }, guard_.get());
    delivering_ = false;
    if (!queue_.empty()) deliver();
    let_go_at_end();
  }

  /// Hands queued values to the listener, one after another. A listener that throws loses only its own value.
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

  /// The listener that has heard all: what it holds may well hold this.
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
  bool was_full_ = false;  // and its source was told, or may have found out
  std::shared_ptr<loop_guard> guard_;
};

}  // namespace brood::detail

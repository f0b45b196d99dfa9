#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace brood::http::detail {

/// A time of the server's coarse clock, which counts turns of a timer instead of the time of day. If the loop was
/// blocked, not all peers are late at once afterwards.
using tick = std::uint64_t;

/// An object that can be late. It belongs to at most one `deadlines`, and must be removed from it before it is
/// destroyed.
class deadline {
 public:
  static constexpr tick never = std::numeric_limits<tick>::max();

  deadline() = default;
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

 private:
  friend class deadlines;
  deadline* previous_ = this;
  deadline* next_ = this;
  tick due_ = never;    // when it is late
  tick looked_at_ = 0;  // when the wheel reaches its slot, never after due_
};

/// Timers for thousands of connections at the cost of one: a wheel of lists, which turns once a tick.
///
/// A deadline that is postponed, as with every request of a connection, stays in its slot until the wheel reaches it.
/// So the common `set` is one store.
class deadlines {
 public:
  deadlines() = default;

  tick now() const noexcept { return now_; }

  /// `d` is late when now() reaches `due`, which must be in the future.
  void set(deadline& d, tick due) noexcept {
    d.due_ = due;
    if (linked(d) && d.looked_at_ <= due) return;
    unlink(d);
    if (due != deadline::never) link(d);
  }
  /// Removes the deadline, but leaves the object in its slot until the wheel reaches it.
  static void suspend(deadline& d) noexcept { d.due_ = deadline::never; }
  /// Removes the object. Must be called before `d` is destroyed.
  static void remove(deadline& d) noexcept {
    d.due_ = deadline::never;
    unlink(d);
  }

  /// One tick has passed. Calls `late(deadline&)` for each object that is due, after removing it. The function may call
  /// set and remove for any object.
  template <class Function>
  void turn(Function late) {
    ++now_;
    // Moved to a separate list first, because an object that is set meanwhile may go into this same slot, a whole turn
    // ahead.
    deadline due;
    take(wheel_[now_ % slots], due);
    while (linked(due)) {
      auto& first = *due.next_;
      unlink(first);
      if (first.due_ <= now_) {
        first.due_ = deadline::never;
        late(first);
      } else if (first.due_ != deadline::never) {
        link(first);
      }
    }
  }

 private:
  static constexpr std::size_t slots = 64;

  static bool linked(const deadline& d) noexcept { return d.next_ != &d; }
  static void unlink(deadline& d) noexcept;
  void link(deadline& d) noexcept;
  static void insert_before(deadline& position, deadline& d) noexcept;

  static void take(deadline& from, deadline& to) noexcept;

  std::array<deadline, slots> wheel_;
  tick now_ = 0;
};

}  // namespace brood::http::detail

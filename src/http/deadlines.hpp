#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace brood::http::detail {

/// Counts of the server's coarse clock. It is driven by turns of a timer, not by the time of day: a loop that was
/// stalled does not find all its peers late at once.
using tick = std::uint64_t;

/// Something that can be late. Belongs to at most one `deadlines` at a time and must leave it before it goes away.
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
  tick looked_at_ = 0;  // when the wheel comes by the slot it hangs in, never after due_
};

/// Timers for thousands of connections at the cost of one: a wheel of lists that somebody turns once a tick.
///
/// A deadline that is put off, as every request of a connection does, stays in its slot and is moved when the wheel
/// comes by. So the usual `set` is one store.
class deadlines {
 public:
  deadlines() = default;

  tick now() const noexcept { return now_; }

  /// `d` is late once now() has reached `due`, which must lie ahead.
  void set(deadline& d, tick due) noexcept {
    d.due_ = due;
    if (linked(d) && d.looked_at_ <= due) return;
    unlink(d);
    if (due != deadline::never) link(d);
  }
  /// It has none any more, but stays where it hangs until the wheel comes by.
  static void suspend(deadline& d) noexcept { d.due_ = deadline::never; }
  /// It leaves. Must be called before `d` ends.
  static void remove(deadline& d) noexcept {
    d.due_ = deadline::never;
    unlink(d);
  }

  /// One tick has passed. Calls `late(deadline&)` for each that is due, which has left by then. The function may set
  /// and remove whatever it likes.
  template <class Function>
  void turn(Function late) {
    ++now_;
    // Moved to a list of its own first: what is set meanwhile may land in this very slot, a whole turn ahead.
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

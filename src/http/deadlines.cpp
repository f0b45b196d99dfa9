#include "http/deadlines.hpp"

#include <algorithm>

namespace brood::http::detail {

void deadlines::unlink(deadline& d) noexcept {
  d.previous_->next_ = d.next_;
  d.next_->previous_ = d.previous_;
  d.previous_ = d.next_ = &d;
}

void deadlines::insert_before(deadline& position, deadline& d) noexcept {
  d.previous_ = position.previous_;
  d.next_ = &position;
  position.previous_->next_ = &d;
  position.previous_ = &d;
}

void deadlines::link(deadline& d) noexcept {
  // A deadline that is further ahead than the wheel has slots goes into the farthest slot, and is moved on from there.
  d.looked_at_ = std::clamp(d.due_, now_ + 1, now_ + slots - 1);
  insert_before(wheel_[d.looked_at_ % slots], d);
}

void deadlines::take(deadline& from, deadline& to) noexcept {
  if (!linked(from)) return;
  insert_before(from, to);
  unlink(from);
}

}  // namespace brood::http::detail

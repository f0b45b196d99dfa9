#include "ipc/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/message_frame.hpp"

namespace brood::detail::ipc {
namespace {

constexpr int max_attempts = 4;

/// Plain frames are sent together, but in entries of limited size, because the memory of an entry is released as a
/// whole.
constexpr std::size_t size_of_entry = 64 * 1024;

}  // namespace

void outbox::add(std::string_view frame) {
  const auto takes_more = [](const entry& last) {
    return last.plain() && !last.parts && !last.one_frame && last.bytes.size() < size_of_entry;
  };
  if (queue_.empty() || !takes_more(queue_.back())) {
    queue_.push_back({.bytes = std::string(frame)});
  } else {
    queue_.back().bytes += frame;
  }
  size_ += frame.size();
  queued_ += frame.size();
}

void outbox::add_large(std::string frame) {
  const std::size_t size = frame.size();
  drop_empty_front();
  queue_.push_back({.bytes = std::move(frame), .one_frame = true});
  size_ += size;
  queued_ += size;
}

/// For left() it counts as a whole frame in any case.
void outbox::add_parts(std::string frame, std::size_t begin, wire::string_range longest) {
  drop_empty_front();
  queue_.push_back({.bytes = std::move(frame), .parts = true, .begin = begin, .longest = longest});
  ++with_parts_;
  size_ += to_leave(queue_.back()).size();
  queued_ += queue_.back().bytes.size() - begin;
}

void outbox::do_without_parts() {
  with_parts_ = 0;
  for (entry& one : queue_) {
    if (!one.parts) continue;
    size_ += one.bytes.size() - to_leave(one).size();
    one.parts = false;
    one.one_frame = true;
  }
}

std::string_view outbox::to_leave(const entry& one) const noexcept {
  return one.parts ? wire::content_of_frame(one.bytes, form_).substr(one.begin) : std::string_view(one.bytes);
}

void outbox::add_with_handle(std::string frame, outgoing_handle handle) {
  const std::size_t size = frame.size();
  drop_empty_front();
  queue_.push_back({.bytes = std::move(frame), .handle = std::move(handle)});
  size_ += size;
  queued_ += size;
}

void outbox::add_urgent(std::string_view frame) {
  urgent_ += frame;
  size_ += frame.size();
}

/// An entry of plain frames that were all sent stays if it is the last one, so that the next frames reuse its memory.
void outbox::drop_empty_front() {
  if (!queue_.empty() && queue_.front().bytes.empty()) queue_.pop_front();
}

bool outbox::inside_a_frame() const noexcept {
  if (queue_.empty()) return false;
  return queue_.front().plain() ? boundary_ > sent_ : sent_ != 0;
}

bool outbox::front_may_leave() const noexcept {
  if (queue_.empty() || queue_.front().bytes.empty()) return false;
  if (inside_a_frame()) return true;
  return queue_.front().plain() ? !strict() || unanswered_.empty() : unanswered_.size() < window_;
}

/// An acknowledgement goes first, but never into the middle of another frame.
outbox::source outbox::leaving() const noexcept {
  if (urgent_sent_ != 0) return source::urgent;
  if (!urgent_.empty() && !inside_a_frame()) return source::urgent;
  return front_may_leave() ? source::queue : source::none;
}

outbox::piece outbox::next() const {
  const source from = leaving();
  if (from == source::none) return {};
  if (from == source::urgent) return {.bytes = std::string_view(urgent_).substr(urgent_sent_)};
  const entry& front = queue_.front();
  const std::string_view bytes = to_leave(front);
  if (front.parts) {
    const std::size_t left = bytes.size() - sent_;
    const std::size_t now = std::min(left, wire::default_part);
    const std::size_t more = now == left ? 0 : front.longest.behind(front.begin + sent_ + now);
    return {.bytes = bytes.substr(sent_, now), .part = true, .last = now == left, .more = more};
  }
  if (!front.plain()) return {.bytes = bytes.substr(sent_), .fd = sent_ == 0 ? front.handle.fd->get() : -1};
  // An acknowledgement waits for the end of the current frame, but not for the frames after it.
  const std::size_t end = urgent_.empty() ? bytes.size() : boundary_;
  return {.bytes = bytes.substr(sent_, end - sent_), .whole = !front.one_frame && !inside_a_frame()};
}

void outbox::sent(std::size_t size) {
  if (size == 0) return;
  size_ -= size;
  if (leaving() == source::urgent) {
    urgent_sent_ += size;
    if (urgent_sent_ != urgent_.size()) return;
    urgent_.clear();
    urgent_sent_ = 0;
    return;
  }
  entry& front = queue_.front();
  if (front.attempts == 0) left_ += size;
  sent_ += size;
  if (front.plain()) return plain_sent(front);
  if (sent_ != front.bytes.size()) return;
  unanswered_.push_back(std::move(front));
  queue_.pop_front();
  sent_ = 0;
}

void outbox::plain_sent(entry& front) {
  const std::size_t all = to_leave(front).size();
  if (sent_ != all) {
    if (front.parts) return;
    if (front.one_frame) boundary_ = front.bytes.size();
    while (boundary_ < sent_) {
      boundary_ += wire::size_of_first_frame(std::string_view(front.bytes).substr(boundary_), form_);
    }
    return;
  }
  sent_ = boundary_ = 0;
  if (front.parts) {
    --with_parts_;
    left_ += front.bytes.size() - front.begin - all;
  }
  const bool large = front.bytes.capacity() > 2 * size_of_entry;
  if (large || front.parts || queue_.size() > 1) {
    if (large) spare_ = std::move(front.bytes);
    queue_.pop_front();
  } else {
    front.bytes.clear();
  }
}

bool outbox::empty() const noexcept {
  return size_ == 0 &&
         std::none_of(unanswered_.begin(), unanswered_.end(), [](const entry& e) { return e.handle.awaited; });
}

bool outbox::acknowledged() {
  if (unanswered_.empty()) return false;
  const entry done = std::move(unanswered_.front());
  unanswered_.pop_front();
  if (done.handle.outcome) done.handle.outcome(true);
  return true;
}

bool outbox::refused() {
  if (unanswered_.empty()) return false;
  entry back = std::move(unanswered_.front());
  unanswered_.pop_front();
  ++back.attempts;
  const bool again = back.attempts < max_attempts;
  const bool later = !strict() && back.handle.insist;
  if (!again && !later) {
    if (back.handle.outcome) back.handle.outcome(false);
    return true;
  }
  size_ += back.bytes.size();
  if (later) {
    postponed_.push_back(std::move(back));
  } else {
    drop_empty_front();
    const bool begun = sent_ != 0 || boundary_ != 0;
    queue_.insert(queue_.begin() + (begun ? 1 : 0), std::move(back));
  }
  return true;
}

void outbox::retry() {
  drop_empty_front();
  std::move(postponed_.begin(), postponed_.end(), std::back_inserter(queue_));
  postponed_.clear();
}

void outbox::clear() {
  std::deque<entry> all = std::exchange(unanswered_, {});
  for (auto* rest : {&postponed_, &queue_}) {
    std::move(rest->begin(), rest->end(), std::back_inserter(all));
    rest->clear();
  }
  urgent_.clear();
  sent_ = boundary_ = urgent_sent_ = size_ = with_parts_ = 0;
  for (const auto& one : all) {
    if (one.handle.outcome) one.handle.outcome(false);
  }
}

}  // namespace brood::detail::ipc

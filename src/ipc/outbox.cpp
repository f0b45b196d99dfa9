#include "ipc/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/message_frame.hpp"

namespace brood::ipc {
namespace {

constexpr int most_attempts = 4;

/// Plain frames leave together, but not without end: what has left of an entry is let go of with the whole entry.
constexpr std::size_t size_of_entry = 64 * 1024;

}  // namespace

void outbox::add(std::string_view frame) {
  size_ += frame.size();
  queued_ += frame.size();
  if (queue_.empty() || !queue_.back().plain() || queue_.back().bytes.size() >= size_of_entry) queue_.emplace_back();
  queue_.back().bytes += frame;
}

void outbox::add_large(std::string frame) {
  size_ += frame.size();
  queued_ += frame.size();
  drop_empty_front();
  queue_.push_back({.bytes = std::move(frame), .one_frame = true});
}

void outbox::add_with_handle(std::string frame, outgoing_handle handle) {
  size_ += frame.size();
  queued_ += frame.size();
  drop_empty_front();
  queue_.push_back({.bytes = std::move(frame), .handle = std::move(handle)});
}

void outbox::add_acknowledgement(std::string_view frame) {
  size_ += frame.size();
  acknowledgements_ += frame;
}

/// Plain frames that have all left stay as an empty entry if they are the last, so that the next ones find its memory.
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
  if (acknowledgements_sent_ != 0) return source::acknowledgements;
  if (!acknowledgements_.empty() && !inside_a_frame()) return source::acknowledgements;
  return front_may_leave() ? source::queue : source::none;
}

outbox::piece outbox::next() const {
  const source from = leaving();
  if (from == source::none) return {};
  if (from == source::acknowledgements) return {std::string_view(acknowledgements_).substr(acknowledgements_sent_)};
  const entry& front = queue_.front();
  const std::string_view bytes = front.bytes;
  if (!front.plain()) return {bytes.substr(sent_), sent_ == 0 ? front.handle.fd->get() : -1};
  // An acknowledgement waits for the end of the frame under way, not for all the others as well.
  const std::size_t end = acknowledgements_.empty() ? bytes.size() : boundary_;
  return {bytes.substr(sent_, end - sent_)};
}

void outbox::sent(std::size_t size) {
  if (size == 0) return;
  size_ -= size;
  if (leaving() == source::acknowledgements) {
    acknowledgements_sent_ += size;
    if (acknowledgements_sent_ != acknowledgements_.size()) return;
    acknowledgements_.clear();
    acknowledgements_sent_ = 0;
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
  if (sent_ != front.bytes.size()) {
    if (front.one_frame) boundary_ = front.bytes.size();
    while (boundary_ < sent_) {
      boundary_ += wire::size_of_first_frame(std::string_view(front.bytes).substr(boundary_), form_);
    }
    return;
  }
  sent_ = boundary_ = 0;
  const bool large = front.bytes.capacity() > 2 * size_of_entry;
  if (large || queue_.size() > 1) {
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
  const bool again = back.attempts < most_attempts;
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
  acknowledgements_.clear();
  sent_ = boundary_ = acknowledgements_sent_ = size_ = 0;
  for (const auto& one : all) {
    if (one.handle.outcome) one.handle.outcome(false);
  }
}

}  // namespace brood::ipc

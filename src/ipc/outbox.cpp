#include "ipc/outbox.hpp"

#include <utility>

#include "wire/message_frame.hpp"

namespace brood::ipc {
namespace {

constexpr int most_attempts = 4;

/// Drops what has left once it is all of it, or enough to be worth moving the rest. Says how much it dropped.
std::size_t forget_sent(std::string& bytes, std::size_t& sent) {
  constexpr std::size_t worth_moving = 256 * 1024;
  const bool all = sent == bytes.size();
  if (!all && (sent < worth_moving || sent < bytes.size() / 2)) return 0;
  bytes.erase(0, sent);
  return std::exchange(sent, 0);
}

}  // namespace

void outbox::add(std::string_view bytes) {
  size_ += bytes.size();
  if (blocked()) {
    held_.push_back({.bytes = std::string(bytes), .fd = nullptr, .outcome = nullptr});
  } else {
    plain_ += bytes;
  }
}

void outbox::add_with_handle(std::string bytes, std::shared_ptr<const unique_fd> fd, handle_outcome outcome) {
  size_ += bytes.size();
  frame added{.bytes = std::move(bytes), .fd = std::move(fd), .outcome = std::move(outcome)};
  if (blocked()) {
    held_.push_back(std::move(added));
  } else {
    awaiting_ = std::make_unique<frame>(std::move(added));
    awaiting_sent_ = 0;
  }
}

void outbox::add_acknowledgement(std::string_view bytes) {
  size_ += bytes.size();
  acknowledgements_ += bytes;
}

/// An acknowledgement goes first, but never into the middle of another frame.
outbox::source outbox::leaving() const noexcept {
  const bool handle_left = awaiting_ && awaiting_sent_ == awaiting_->bytes.size();
  const bool inside_handle = awaiting_ && awaiting_sent_ != 0 && !handle_left;
  if (acknowledgements_sent_ != 0) return source::acknowledgements;
  if (!acknowledgements_.empty() && !inside_handle && plain_boundary_ <= plain_sent_) return source::acknowledgements;
  if (plain_sent_ != plain_.size()) return source::plain;
  return awaiting_ && !handle_left ? source::handle : source::none;
}

outbox::piece outbox::next() const {
  switch (leaving()) {
    case source::acknowledgements: return {std::string_view(acknowledgements_).substr(acknowledgements_sent_)};
    case source::plain: {
      // An acknowledgement waits for the end of the frame under way, not for all the others as well.
      const std::size_t end = acknowledgements_.empty() ? plain_.size() : plain_boundary_;
      return {std::string_view(plain_).substr(plain_sent_, end - plain_sent_)};
    }
    case source::handle:
      return {std::string_view(awaiting_->bytes).substr(awaiting_sent_),
              awaiting_sent_ == 0 ? awaiting_->fd->get() : -1};
    case source::none: break;
  }
  return {};
}

void outbox::sent(std::size_t size) {
  size_ -= size;
  switch (leaving()) {
    case source::acknowledgements:
      acknowledgements_sent_ += size;
      forget_sent(acknowledgements_, acknowledgements_sent_);
      break;
    case source::plain:
      plain_sent_ += size;
      note_boundary();
      break;
    case source::handle: awaiting_sent_ += size; break;
    case source::none: break;
  }
}

void outbox::note_boundary() noexcept {
  if (plain_sent_ == plain_.size()) plain_boundary_ = plain_sent_;
  while (plain_boundary_ < plain_sent_) {
    plain_boundary_ += wire::size_of_first_frame(std::string_view(plain_).substr(plain_boundary_), form_);
  }
  plain_boundary_ -= forget_sent(plain_, plain_sent_);
}

bool outbox::acknowledged() {
  if (!awaiting_ || awaiting_sent_ != awaiting_->bytes.size()) return false;
  auto done = std::move(awaiting_);
  release_held();
  if (done->outcome) done->outcome(true);
  return true;
}

bool outbox::refused() {
  if (!awaiting_ || awaiting_sent_ != awaiting_->bytes.size()) return false;
  if (++awaiting_->attempts < most_attempts) {
    awaiting_sent_ = 0;
    size_ += awaiting_->bytes.size();
    return true;
  }
  auto done = std::move(awaiting_);
  release_held();
  if (done->outcome) done->outcome(false);
  return true;
}

/// Lets go of what was held back, up to the next frame with a descriptor.
void outbox::release_held() {
  while (!held_.empty() && !blocked()) {
    frame first = std::move(held_.front());
    held_.pop_front();
    if (first.fd) {
      awaiting_ = std::make_unique<frame>(std::move(first));
      awaiting_sent_ = 0;
    } else {
      plain_ += first.bytes;
    }
  }
}

void outbox::clear() {
  auto awaiting = std::move(awaiting_);
  auto held = std::exchange(held_, {});
  plain_.clear();
  acknowledgements_.clear();
  plain_sent_ = acknowledgements_sent_ = awaiting_sent_ = size_ = 0;
  plain_boundary_ = 0;
  if (awaiting && awaiting->outcome) awaiting->outcome(false);
  for (auto& one : held) {
    if (one.outcome) one.outcome(false);
  }
}

}  // namespace brood::ipc

#include "ipc/outbox.hpp"

#include <utility>

namespace brood::ipc {
namespace {

constexpr int most_attempts = 4;

/// Drops what has left once it is all of it, or enough to be worth moving the rest.
void forget_sent(std::string& text, std::size_t& sent) {
  constexpr std::size_t worth_moving = 256 * 1024;
  if (sent == text.size()) {
    text.clear();
    sent = 0;
  } else if (sent >= worth_moving && sent >= text.size() / 2) {
    text.erase(0, sent);
    sent = 0;
  }
}

}  // namespace

void outbox::add(std::string_view text) {
  size_ += text.size() + 1;
  if (blocked()) {
    held_.push_back({.text = std::string(text) + '\n', .fd = nullptr, .outcome = nullptr});
    return;
  }
  plain_ += text;
  plain_ += '\n';
}

void outbox::add_with_handle(std::string text, std::shared_ptr<const unique_fd> fd, handle_outcome outcome) {
  text += '\n';
  size_ += text.size();
  frame added{.text = std::move(text), .fd = std::move(fd), .outcome = std::move(outcome)};
  if (blocked()) {
    held_.push_back(std::move(added));
  } else {
    awaiting_ = std::make_unique<frame>(std::move(added));
    awaiting_sent_ = 0;
  }
}

void outbox::add_acknowledgement(std::string_view text) {
  size_ += text.size() + 1;
  acknowledgements_ += text;
  acknowledgements_ += '\n';
}

/// An acknowledgement goes first, but never into the middle of another frame.
outbox::source outbox::leaving() const noexcept {
  const bool handle_left = awaiting_ && awaiting_sent_ == awaiting_->text.size();
  const bool inside_handle = awaiting_ && awaiting_sent_ != 0 && !handle_left;
  if (acknowledgements_sent_ != 0) return source::acknowledgements;
  if (!acknowledgements_.empty() && !inside_handle && !inside_plain_) return source::acknowledgements;
  if (plain_sent_ != plain_.size()) return source::plain;
  return awaiting_ && !handle_left ? source::handle : source::none;
}

outbox::piece outbox::next() const {
  switch (leaving()) {
    case source::acknowledgements: return {std::string_view(acknowledgements_).substr(acknowledgements_sent_)};
    case source::plain: {
      const auto all = std::string_view(plain_).substr(plain_sent_);
      // An acknowledgement waits for the end of this frame, not for all the others as well.
      return {acknowledgements_.empty() ? all : all.substr(0, all.find('\n') + 1)};
    }
    case source::handle:
      return {std::string_view(awaiting_->text).substr(awaiting_sent_),
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
      inside_plain_ = plain_[plain_sent_ - 1] != '\n';
      forget_sent(plain_, plain_sent_);
      break;
    case source::handle: awaiting_sent_ += size; break;
    case source::none: break;
  }
}

bool outbox::acknowledged() {
  if (!awaiting_ || awaiting_sent_ != awaiting_->text.size()) return false;
  auto done = std::move(awaiting_);
  release_held();
  if (done->outcome) done->outcome(true);
  return true;
}

bool outbox::refused() {
  if (!awaiting_ || awaiting_sent_ != awaiting_->text.size()) return false;
  if (++awaiting_->attempts < most_attempts) {
    awaiting_sent_ = 0;
    size_ += awaiting_->text.size();
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
      plain_ += first.text;
    }
  }
}

void outbox::clear() {
  auto awaiting = std::move(awaiting_);
  auto held = std::exchange(held_, {});
  plain_.clear();
  acknowledgements_.clear();
  plain_sent_ = acknowledgements_sent_ = awaiting_sent_ = size_ = 0;
  inside_plain_ = false;
  if (awaiting && awaiting->outcome) awaiting->outcome(false);
  for (auto& one : held) {
    if (one.outcome) one.outcome(false);
  }
}

}  // namespace brood::ipc

#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/secure.hpp"

namespace brood_test {

/// Where the bytes of a connection are cut: after so many of what it gets, and of what it sends.
struct cut {
  std::size_t received = 0;
  std::size_t sent = 0;
};

/// What stands where TLS would, and passes bytes on as they are, only in pieces of our choice: a server can not read
/// beyond the cut before it has dealt with what lies before it, and finds that its peer takes no more at the other one.
/// On a socket the kernel decides on both.
class cut_channel final : public brood::http::detail::secure_channel {
 public:
  using io_result = brood::http::detail::io_result;

  cut_channel(int fd, cut where) : fd_(fd), cut_(where) {}

  io_result handshake() override { return {.size = 1}; }
  io_result receive(std::span<char> room) override {
    if (unread_.empty() && !ended_) fill();
    if (unread_.empty()) return {.blocked = !ended_};
    auto size = std::min(room.size(), unread_.size());
    if (received_ < cut_.received) size = std::min(size, cut_.received - received_);
    std::memcpy(room.data(), unread_.data(), size);
    unread_.erase(0, size);
    received_ += size;
    return {.size = size};
  }
  io_result send(std::string_view data, bool) override {
    if (sent_ == cut_.sent && !blocked_) {
      blocked_ = true;
      return {.blocked = true};
    }
    if (sent_ < cut_.sent) data = data.substr(0, cut_.sent - sent_);
    const auto size = ::send(fd_, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) return {.blocked = errno == EAGAIN};
    sent_ += static_cast<std::size_t>(size);
    return {.size = static_cast<std::size_t>(size)};
  }
  void end() noexcept override {}

  bool established() const noexcept override { return true; }
  bool wants_write() const noexcept override { return false; }
  std::span<char> input() override { return input_; }
  void arrived(std::size_t size) noexcept override {
    if (size == 0) ended_ = true;
    unread_.append(input_.data(), size);
  }
  bool pending() const noexcept override { return !unread_.empty(); }
  boost::system::error_code error() const noexcept override { return {}; }
  bool peer_is_plain() const noexcept override { return false; }

 private:
  void fill() {
    const auto size = ::recv(fd_, input_.data(), input_.size(), MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN)) ended_ = true;
    if (size > 0) unread_.append(input_.data(), static_cast<std::size_t>(size));
  }

  int fd_;
  cut cut_;
  std::array<char, 64 * 1024> input_;
  std::string unread_;
  std::size_t received_ = 0;
  std::size_t sent_ = 0;
  bool ended_ = false;
  bool blocked_ = false;
};

/// Gives each connection the cut that is set when it comes.
class cutting final : public brood::http::detail::server_security {
 public:
  std::unique_ptr<brood::http::detail::secure_channel> accept(int fd) override {
    return std::make_unique<cut_channel>(fd, next);
  }
  boost::json::value shared() const override { return {}; }
  void agree(const void*, const boost::json::value&) override {}

  cut next;
};

}  // namespace brood_test

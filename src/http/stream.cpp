#include "http/stream.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace brood::http::detail {
namespace {

stream::result result_of(ssize_t size) noexcept {
  if (size >= 0) return {.size = static_cast<std::size_t>(size)};
  return {.blocked = errno == EAGAIN};
}

template <class Call>
stream::result retried(Call call) noexcept {
  ssize_t size;
  do {
    size = call();
  } while (size < 0 && errno == EINTR);
  return result_of(size);
}

}  // namespace

void stream::open(int fd, protocol family, bool no_delay) noexcept {
  fd_ = fd;
  family_ = family;
  delay_ = no_delay ? delay::none : delay::first_packet;
}

void stream::close() noexcept {
  if (fd_ < 0) return;
  if (socket_) {
    boost::system::error_code ignored;
    socket_->close(ignored);
    socket_.reset();
  } else {
    ::close(fd_);
  }
  fd_ = -1;
}

void stream::shutdown_send() noexcept { ::shutdown(fd_, SHUT_WR); }

void stream::no_delay() noexcept {
  if (delay_ == delay::first_packet) {
    delay_ = delay::set_next;
    return;
  }
  delay_ = delay::none;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

stream::result stream::receive(std::span<char> room) noexcept {
  return retried([&] { return ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT); });
}

stream::result stream::send(std::string_view first, std::string_view second) noexcept {
  if (delay_ != delay::none) no_delay();
  if (second.empty()) {
    return retried([&] { return ::send(fd_, first.data(), first.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
  }
  // The kernel only reads through these pointers.
  std::array<iovec, 2> parts{
      {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return retried([&] { return ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

bool stream::readable() const noexcept {
  pollfd state{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&state, 1, 0) > 0;
}

bool stream::enlist() noexcept {
  if (socket_) return true;
  boost::system::error_code ec;
  socket_.emplace(*executor_);
  socket_->assign(family_, fd_, ec);
  if (ec) socket_.reset();
  return !ec;
}

}  // namespace brood::http::detail

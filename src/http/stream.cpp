#include "http/stream.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/calls.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

// The size of a part that is encrypted at once: the maximum of a TLS record (RFC 8446, 5.1).
constexpr std::size_t piece_of_file = 16 * 1024;

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

void stream::secure(std::unique_ptr<secure_channel> channel) noexcept {
  channel_ = std::move(channel);
  shaking_hands_ = true;
  // Handshakes and tickets are packets without a response.
  if (std::exchange(delay_, delay::none) == delay::none) return;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool stream::fall_back() noexcept {
  if (!channel_ || !channel_->peer_is_plain()) return false;
  channel_.reset();
  shaking_hands_ = false;
  return true;
}

boost::system::error_code stream::error() const noexcept {
  return channel_ ? channel_->error() : boost::system::error_code{};
}

void stream::close() noexcept {
  if (channel_) [[unlikely]]
    channel_->end();
  abort();
}

void stream::abort() noexcept {
  if (fd_ < 0) return;
  channel_.reset();
  if (socket_) {
    boost::system::error_code ignored;
    socket_->close(ignored);
    socket_.reset();
  } else {
    ::close(fd_);
  }
  fd_ = -1;
}

asio::ip::tcp::socket stream::release() {
  if (!enlist()) throw boost::system::system_error(asio::error::no_buffer_space, "http: upgrade");
  boost::system::error_code ignored;
  socket_->set_option(asio::ip::tcp::no_delay(true), ignored);
  auto given = std::move(*socket_);
  socket_.reset();
  fd_ = -1;
  return given;
}

void stream::shutdown_send() noexcept {
  if (channel_) channel_->end();
  ::shutdown(fd_, SHUT_WR);
}

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
  if (channel_) [[unlikely]]
    return channel_->receive(room);
  return retried([&] { return ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT); });
}

stream::result stream::send(std::string_view first, std::string_view second, bool more) noexcept {
  if (channel_) [[unlikely]]
    return send_secure(first, second, more);
  if (delay_ != delay::none) no_delay();
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
  if (second.empty()) {
    return retried([&] { return ::send(fd_, first.data(), first.size(), flags); });
  }
  // The kernel only reads through these pointers.
  std::array<iovec, 2> parts{
      {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return retried([&] { return ::sendmsg(fd_, &message, flags); });
}

stream::result stream::send_secure(std::string_view first, std::string_view second, bool more) {
  const auto sent = channel_->send(first, more || !second.empty());
  if (second.empty() || sent.size < first.size()) return sent;
  // If this call is blocked, the next one begins with the same data and reports it.
  return {.size = sent.size + channel_->send(second, more).size};
}

stream::result stream::send_file_secure(int file, std::uint64_t offset, std::size_t size) {
  std::array<char, piece_of_file> piece;
  const auto wanted = std::min(size, piece.size());
  const auto got = retried([&] { return ::pread(file, piece.data(), wanted, static_cast<off_t>(offset)); });
  if (got.size == 0) return {};
  return channel_->send({piece.data(), got.size}, size > got.size);
}

stream::result stream::send_file(int file, std::uint64_t offset, std::size_t size) noexcept {
  if (channel_) [[unlikely]]
    return send_file_secure(file, offset, size);
  // sendfile has no flag for it, so the socket itself must be non-blocking; one that another process accepted may not
  // be.
  boost::system::error_code ignored;
  int on = 1;
  if (socket_) {
    socket_->native_non_blocking(true, ignored);
  } else {
    ::ioctl(fd_, FIONBIO, &on);
  }
  return result_of(brood::detail::sys::send_file(fd_, file, offset, size));
}

bool stream::readable() const noexcept {
  if (channel_ && channel_->pending()) return true;
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

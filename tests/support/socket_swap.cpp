#include "support/socket_swap.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <cstring>

namespace brood_test {
namespace {

/// A name that no file has: it begins with a NUL (unix(7), "abstract").
socklen_t write_name(sockaddr_un& to, const std::string& name) {
  to = {};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path + 1, name.data(), name.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

brood::attachment named_socket(const std::string& name) {
  brood::unique_fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address;
  const socklen_t size = write_name(address, name);
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == -1) return {};
  return {brood::attachment::kind::native, std::move(fd)};
}

std::string name_of(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  const socklen_t least = offsetof(sockaddr_un, sun_path) + 1;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == -1 || size < least) return {};
  return {address.sun_path + 1, size - least};
}

}  // namespace

socket_swap::socket_swap(boost::asio::io_context& io, brood::message_sender& to, std::string own_name, int count,
                         unsigned seed)
    : timer_(io),
      to_(to),
      name_(std::move(own_name)),
      count_(count),
      random_(seed),
      seen_(static_cast<std::size_t>(count)) {
  ::getrlimit(RLIMIT_NOFILE, &usual_);
}

socket_swap::~socket_swap() { open_door(); }

void socket_swap::send_all() {
  if (is_shut_ || std::exchange(sending_, true)) return;
  while (sent_ < count_ && !is_shut_) {
    const std::string name = name_ + '-' + std::to_string(sent_);
    brood::attachment handle = named_socket(name);
    if (!handle) {
      complaint_ = "cannot make the socket " + name + ": " + std::strerror(errno);
      break;
    }
    ++sent_;
    if (to_.send({{"name", name}, {"n", sent_ - 1}}, std::move(handle))) continue;
    return to_.async_drained([this](brood::error_code ec) {
      sending_ = false;
      if (!ec) send_all();
    });
  }
  sending_ = false;
  check();
}

void socket_swap::take(brood::message m) {
  const auto& told = m.body.as_object();
  const std::string name(told.at("name").as_string());
  const auto number = static_cast<std::size_t>(told.at("n").as_int64());
  if (const std::string real = name_of(m.handle.native_handle()); real != name) {
    complaint_ = "got " + real + " for " + name;
  }
  if (seen_[number]) complaint_ = "got " + name + " twice";
  seen_[number] = true;
  ++received_;
  if (!is_shut_ && random_() % 500 == 0) shut_door();
  check();
}

/// Below what is open: no number is free for another.
void socket_swap::shut_door() {
  const rlimit none{3, usual_.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  is_shut_ = true;
  ++shut_;
  timer_.expires_after(std::chrono::microseconds(random_() % 3000));
  timer_.async_wait([this](brood::error_code ec) {
    if (ec) return;
    open_door();
    send_all();
  });
}

void socket_swap::open_door() {
  is_shut_ = false;
  ::setrlimit(RLIMIT_NOFILE, &usual_);
}

void socket_swap::check() {
  if (complete() && on_complete) std::exchange(on_complete, nullptr)();
}

}  // namespace brood_test

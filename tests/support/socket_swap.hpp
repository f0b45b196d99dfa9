#pragma once

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <brood/event.hpp>
#include <brood/message_sender.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace brood_test {

namespace socket_names {

/// A name that no file has: it begins with a NUL (unix(7), "abstract").
inline socklen_t write_name(sockaddr_un& to, const std::string& name) {
  to = {};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path + 1, name.data(), name.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

inline brood::attachment named_socket(const std::string& name) {
  brood::unique_fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address;
  const socklen_t size = write_name(address, name);
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == -1) return {};
  return {brood::attachment::kind::native, std::move(fd)};
}

inline std::string name_of(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  const socklen_t least = offsetof(sockaddr_un, sun_path) + 1;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == -1 || size < least) return {};
  return {address.sun_path + 1, size - least};
}

}  // namespace socket_names

/// One of two processes that send each other `count` sockets at once. Each socket has a name that says whose it is and
/// which, so that the receiver knows whether it got the one that was announced, and whether it got each once. At random
/// times the receiver is at its limit of descriptors.
class socket_swap {
 public:
  /// `from` is read by the caller, who gives take() each message.
  socket_swap(const boost::asio::any_io_executor& io, brood::message_sender& to, std::string own_name, int count,
              unsigned seed);
  ~socket_swap();
  socket_swap(const socket_swap&) = delete;
  socket_swap& operator=(const socket_swap&) = delete;

  void send_all();
  void take(brood::message m);

  /// Not under a sanitizer: UBSan looks at memory through a pipe that it makes.
#ifdef __SANITIZE_ADDRESS__
  static constexpr bool can_be_shut = false;
#else
  static constexpr bool can_be_shut = true;
#endif

  bool complete() const noexcept { return received_ == count_ && sent_ == count_; }
  /// Called when it is complete.
  std::function<void()> on_complete;
  /// What is wrong; empty where nothing is.
  const std::string& complaint() const noexcept { return complaint_; }
  /// How often it was at its limit.
  int shut() const noexcept { return shut_; }

 private:
  void shut_door();
  void open_door();
  void check();

  boost::asio::steady_timer timer_;
  brood::message_sender& to_;
  const std::string name_;
  const int count_;
  std::mt19937 random_;
  rlimit usual_{};
  std::vector<bool> seen_;
  int received_ = 0;
  int sent_ = 0;
  int shut_ = 0;
  bool is_shut_ = false;
  bool sending_ = false;
  std::string complaint_;
};

inline socket_swap::socket_swap(const boost::asio::any_io_executor& io, brood::message_sender& to, std::string own_name,
                                int count, unsigned seed)
    : timer_(io),
      to_(to),
      name_(std::move(own_name)),
      count_(count),
      random_(seed),
      seen_(static_cast<std::size_t>(count)) {
  ::getrlimit(RLIMIT_NOFILE, &usual_);
}

inline socket_swap::~socket_swap() { open_door(); }

inline void socket_swap::send_all() {
  if (is_shut_ || std::exchange(sending_, true)) return;
  while (sent_ < count_ && !is_shut_) {
    const std::string name = name_ + '-' + std::to_string(sent_);
    brood::attachment handle = socket_names::named_socket(name);
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

inline void socket_swap::take(brood::message m) {
  const auto& told = m.body.as_object();
  const std::string name(told.at("name").as_string());
  const auto number = static_cast<std::size_t>(told.at("n").as_int64());
  if (const std::string real = socket_names::name_of(m.handle.native_handle()); real != name) {
    complaint_ = "got " + real + " for " + name;
  }
  if (seen_[number]) complaint_ = "got " + name + " twice";
  seen_[number] = true;
  ++received_;
  if (can_be_shut && !is_shut_ && random_() % 500 == 0) shut_door();
  check();
}

/// Below what is open: no number is free for another.
inline void socket_swap::shut_door() {
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

inline void socket_swap::open_door() {
  is_shut_ = false;
  ::setrlimit(RLIMIT_NOFILE, &usual_);
}

inline void socket_swap::check() {
  if (complete() && on_complete) std::exchange(on_complete, nullptr)();
}

}  // namespace brood_test

#pragma once

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <brood/event.hpp>
#include <brood/message_sender.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace brood_test {

/// One of two processes that send each other `count` sockets at once. Each socket has a name that says whose it is and
/// which, so that the receiver knows whether it got the one that was announced, and whether it got each once. At random
/// times the receiver is at its limit of descriptors.
class socket_swap {
 public:
  /// `from` is read by the caller, who gives take() each message.
  socket_swap(boost::asio::io_context& io, brood::message_sender& to, std::string own_name, int count, unsigned seed);
  ~socket_swap();
  socket_swap(const socket_swap&) = delete;
  socket_swap& operator=(const socket_swap&) = delete;

  void send_all();
  void take(brood::message m);

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

}  // namespace brood_test

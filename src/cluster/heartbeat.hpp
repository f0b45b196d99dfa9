#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "brood/unique_fd.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Checks repeatedly whether a worker's loop responds, and reports if it did not for too long.
///
/// The question is one that every worker answers by itself, including Node's: a connection for a listener that it does
/// not have, which it refuses.
class heartbeat : public std::enable_shared_from_this<heartbeat> {
 public:
  using ask_function = std::function<void(std::shared_ptr<const unique_fd>)>;

  /// `ask` sends the question, with a descriptor. `hung` is called at most once.
  heartbeat(const asio::any_io_executor& ex, std::chrono::milliseconds limit, ask_function ask,
            std::function<void()> hung);

  void start();
  void answered();
  /// The time from the last question to its reply: how long the worker's loop took to process it.
  std::optional<std::chrono::steady_clock::duration> lag() const noexcept { return lag_; }
  void stop();

 private:
  void wait(std::chrono::milliseconds time);
  void tick();

  asio::steady_timer timer_;
  const std::chrono::milliseconds limit_;
  ask_function ask_;
  std::function<void()> hung_;
  std::shared_ptr<const unique_fd> token_;
  std::chrono::steady_clock::time_point asked_at_{};
  std::optional<std::chrono::steady_clock::duration> lag_;
  bool asked_ = false;
  bool late_ = false;
};

}  // namespace brood::cluster::detail

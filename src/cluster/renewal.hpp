#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "brood/executor.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Renews the keys of TLS tickets that the workers of a port share (policy/ticket_keys.hpp), while there are workers.
/// Without workers there is no timer, which would keep the loop running; the next worker gets new keys if they are due.
class renewal : public std::enable_shared_from_this<renewal> {
 public:
  using tell_function = std::function<void()>;

  /// `data` must live as long as this object. `tell` is called when it has changed. Returns nullptr if there is nothing
  /// to renew.
  static std::shared_ptr<renewal> of(const asio::any_io_executor& ex, boost::json::value& data, tell_function tell);

  /// There is a worker: what it gets from now on is current.
  void go_on();
  /// There are no workers.
  void rest();

 private:
  using clock = std::chrono::steady_clock;
  renewal(const asio::any_io_executor& ex, boost::json::value& data, std::chrono::milliseconds lifetime,
          tell_function tell);
  bool renew_in_time();
  void wait();

  boost::json::value* data_;
  const std::chrono::milliseconds lifetime_;
  const tell_function tell_;
  asio::steady_timer timer_;
  clock::time_point due_;
  bool rests_ = true;
};

}  // namespace brood::cluster::detail

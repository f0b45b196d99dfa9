#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "brood/executor.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Renews the keys of TLS tickets that the workers of one port share (policy/ticket_keys.hpp), in time, as long as
/// somebody is there to be told. While nobody is, no timer runs, which would keep the loop; whoever comes then gets new
/// keys if it has become time.
class renewal : public std::enable_shared_from_this<renewal> {
 public:
  using tell_function = std::function<void()>;

  /// `data` must live as long as this. `tell` is called when it has changed. nullptr where there is nothing to renew.
  static std::shared_ptr<renewal> of(const asio::any_io_executor& ex, boost::json::value& data, tell_function tell);

  /// Somebody is there: what it is told from here on is not out of date.
  void go_on();
  /// Nobody is.
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

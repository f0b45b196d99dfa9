#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include "brood/detail/waiters.hpp"
#include "brood/message.hpp"

namespace brood::detail::ipc {

namespace asio = boost::asio;

/// Requests of this side that the peer has not answered yet. While there are any, the loop's run() does not return.
class open_requests final : public std::enable_shared_from_this<open_requests>, detail::loop_end::member {
 public:
  using handler = detail::waiters<message>::handler;

  explicit open_requests(asio::any_io_executor ex) : executor_(std::move(ex)) {}

  std::uint64_t next_id() noexcept { return ++last_id_; }
  /// Waits for the response. A time limit of 0 means no limit.
  void add(std::uint64_t id, std::chrono::milliseconds limit, handler h);
  bool has_sent(std::uint64_t id) const noexcept { return id <= last_id_; }
  /// A response to a request without a waiter is dropped.
  void answered(std::uint64_t id, boost::system::error_code ec, message&& answer);
  /// No more responses will come.
  void end(boost::system::error_code reason);

 private:
  using requester = detail::waiters<message>;  // one handler; none after it was cancelled

  void let_go() noexcept override;

  asio::any_io_executor executor_;
  asio::any_io_executor busy_;  // counts as work of the loop; empty if no request is open
  std::map<std::uint64_t, std::unique_ptr<requester>> open_;
  std::uint64_t last_id_ = 0;
};

}  // namespace brood::detail::ipc

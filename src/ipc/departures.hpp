#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "brood/detail/waiters.hpp"

namespace brood::detail::ipc {

namespace asio = boost::asio;

/// Waiters for the moment when everything they have queued was sent. Positions are counted in bytes from the beginning
/// of the channel.
class departures {
 public:
  using handler = detail::waiters<>::handler;

  explicit departures(asio::any_io_executor ex) : executor_(std::move(ex)) {}

  /// Completes when left() reaches `position`. Positions must not decrease.
  void add(std::uint64_t position, handler h);
  void left(std::uint64_t position);
  /// Nothing will be sent any more.
  void end(boost::system::error_code reason);

 private:
  struct departure {
    explicit departure(std::uint64_t at, const asio::any_io_executor& ex) : position(at), who(ex) {}
    std::uint64_t position;
    detail::waiters<> who;  // one handler; none after it was cancelled
  };

  void complete_first(boost::system::error_code reason);

  asio::any_io_executor executor_;
  std::deque<std::unique_ptr<departure>> all_;
};

}  // namespace brood::detail::ipc

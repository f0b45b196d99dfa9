#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "brood/detail/time_limit.hpp"

namespace brood::detail {

std::shared_ptr<void> start_deadline(const boost::asio::any_io_executor& ex, std::chrono::milliseconds limit,
                                     std::function<void()> f) {
  auto timer = std::make_shared<boost::asio::steady_timer>(ex, countable(limit));
  timer->async_wait([weak = std::weak_ptr(timer), f = std::move(f)](boost::system::error_code ec) {
    if (const auto alive = weak.lock(); alive && !ec) f();
  });
  return timer;
}

}  // namespace brood::detail

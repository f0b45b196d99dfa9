#include "process/line_delivery.hpp"

#include "process/readable.hpp"

namespace brood::detail::process {

bool line_delivery::deliver(const readable_state& from) {
  while (const auto one = splitter_.front()) {
    const auto feeder = feeder_.lock();
    if (!feeder || !feeder->active) return true;
    if (from.is_paused()) return false;
    splitter_.pop();
    detail::call_listener(from.get_executor(), [&] { listener_(*one); });
  }
  return true;
}

}  // namespace brood::detail::process

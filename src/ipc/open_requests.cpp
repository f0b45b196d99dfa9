#include "ipc/open_requests.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <utility>

namespace brood::detail::ipc {

using boost::system::error_code;

void open_requests::add(std::uint64_t id, std::chrono::milliseconds limit, handler h) {
  join(executor_);
  if (!busy_) busy_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
  requester& one = *open_.emplace(id, std::make_unique<requester>(executor_)).first->second;
  // The map entry of an ended wait is removed later, because the entry itself calls this.
  const auto leave = [weak = weak_from_this(), id] {
    const auto self = weak.lock();
    if (self) asio::post(self->executor_, [self, id] { self->answered(id, {}, {}); });
  };
  if (limit.count() == 0) {
    one.add(std::move(h), [leave](asio::cancellation_type) { leave(); });
  } else {
    one.add_for(limit, std::move(h), leave);
  }
}

void open_requests::end(error_code reason) {
  while (!open_.empty()) answered(open_.begin()->first, reason, {});
}

void open_requests::answered(std::uint64_t id, error_code ec, message&& answer) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const auto one = std::move(found->second);
  open_.erase(found);
  if (!one->empty()) one->complete_one(ec, std::move(answer));
  if (open_.empty()) busy_ = {};
}

void open_requests::let_go() noexcept {
  const auto all = std::exchange(open_, {});
  busy_ = {};
}

}  // namespace brood::detail::ipc

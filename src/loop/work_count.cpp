#include "loop/work_count.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace brood::detail::loop {
namespace {

const asio::io_context::executor_type* loop_of(const asio::any_io_executor& ex) {
  return ex.target<asio::io_context::executor_type>();
}

}  // namespace

bool can_unref(const asio::any_io_executor& ex) noexcept { return loop_of(ex) != nullptr; }

void work_count::settle() {
  const auto* loop = loop_of(executor_);
  if (loop == nullptr) return;
  if (loop->running_in_this_thread()) return adjust();
  asio::post(executor_, [self = shared_from_this()] { self->adjust(); });
}

void work_count::adjust() {
  const auto* loop = loop_of(executor_);
  const int wanted = keep_ ? 0 : pending_;
  for (; lowered_ < wanted; ++lowered_) loop->on_work_finished();
  while (lowered_ > wanted) raise();
}

void work_count::raise() {
  loop_of(executor_)->on_work_started();
  --lowered_;
}

}  // namespace brood::detail::loop

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <stdexcept>

#include "brood/detail/loop_entry.hpp"

namespace brood::detail {
namespace {

/// Owns the guard of one context. The objects share ownership, because a handle may outlive the context.
struct guard_service : asio::execution_context::service {
  inline static asio::execution_context::id id;
  explicit guard_service(asio::execution_context& context) : service(context) {}
  void shutdown() noexcept override {}

  const std::shared_ptr<loop_guard> guard = std::make_shared<loop_guard>();
};

bool may_run_handlers_side_by_side(const asio::any_io_executor& ex) {
  return ex.target<asio::io_context::executor_type>() != nullptr ||
         ex.target<asio::thread_pool::executor_type>() != nullptr;
}

}  // namespace

std::shared_ptr<loop_guard> loop_guard::of(const asio::any_io_executor& ex) {
  if (!may_run_handlers_side_by_side(ex)) return nullptr;
  return asio::use_service<guard_service>(asio::query(ex, asio::execution::context)).guard;
}

void require_strand(const asio::any_io_executor& ex) {
  const auto* strand = ex.target<asio::strand<asio::thread_pool::executor_type>>();
  if (strand == nullptr || strand->running_in_this_thread()) return;
  throw std::logic_error(
      "brood: an object on a strand of a thread pool is made and used on that strand: call from there, by "
      "boost::asio::co_spawn(strand, ...) or boost::asio::post(strand, ...)");
}

void loop_entry::refuse() {
  throw std::logic_error(
      "brood: two threads use the objects of one io_context or thread pool at the same time; run the io_context from "
      "one thread, or start brood's objects on a strand of it: boost::asio::make_strand(context)");
}

}  // namespace brood::detail

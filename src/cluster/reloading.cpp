#include "cluster/reloading.hpp"

#include <algorithm>
#include <utility>

#include "brood/detail/time_limit.hpp"
#include "brood/error.hpp"
#include "cluster/primary_state.hpp"

namespace brood::cluster::detail {
namespace {

namespace asio = boost::asio;

std::string name_of(int worker) { return "worker " + std::to_string(worker); }

}  // namespace

reloading::reloading(primary_state& owner, const asio::any_io_executor& ex, reload_options with, handler done)
    : owner_(&owner), with_(with), done_(ex) {
  done_.add(std::move(done));
}

void reloading::start(std::map<int, environment> old) {
  old_ = std::move(old);
  verdict_.program = owner_->program_file();
  next_batch();
}

void reloading::next_batch() {
  auto self = shared_from_this();
  if (old_.empty()) return finish({});
  const std::size_t size = with_.surge == 0 ? old_.size() : std::min(with_.surge, old_.size());
  batch_.clear();
  fresh_.clear();
  for (std::size_t i = 0; i < size; ++i) batch_.insert(old_.extract(old_.begin()));
  for (const auto& [id, changes] : batch_) {
    try {
      fresh_.insert(owner_->fork_now(changes));
    } catch (const spawn_error& error) {
      return fail(error.what());
    }
  }
  starting_ = fresh_;
  deadline_ = brood::detail::start_deadline(owner_->executor(), with_.ready_timeout, [weak = weak_from_this()] {
    auto late = weak.lock();
    if (!late || late->starting_.empty()) return;
    late->fail(name_of(*late->starting_.begin()) + " was not ready in time");
  });
}

void reloading::ready(int worker) {
  if (starting_.erase(worker) != 0 && starting_.empty()) all_ready();
}

void reloading::all_ready() {
  deadline_.reset();
  verdict_.replaced += fresh_.size();
  lost_.clear();  // their successors are ready
  const auto batch = std::exchange(batch_, {});
  for (const auto& [id, changes] : batch) leaving_.insert(id);
  auto self = shared_from_this();
  for (const auto& [id, changes] : batch) {
    if (owner_ == nullptr || !owner_->replace(id)) leaving_.erase(id);
  }
  if (leaving_.empty() && owner_ != nullptr) next_batch();
}

bool reloading::exited(int worker, const exit_status& status) {
  auto self = shared_from_this();
  if (dropped_.erase(worker) != 0) {
    if (dropped_.empty()) finish({});
    return true;
  }
  if (leaving_.erase(worker) != 0) {
    if (leaving_.empty()) next_batch();
    return true;
  }
  if (starting_.erase(worker) != 0) {
    fresh_.erase(worker);
    fail(name_of(worker) + ' ' + to_string(status) + " before it was ready", status);
    return true;
  }
  // An old worker whose successor is being started.
  if (auto died = batch_.extract(worker)) {
    lost_.push_back(std::move(died.mapped()));
    return true;
  }
  // An old worker of a later batch: the program replaces it as usual, by a new one that runs the new program.
  old_.erase(worker);
  return false;
}

void reloading::fail(std::string reason, std::optional<exit_status> status) {
  auto self = shared_from_this();
  deadline_.reset();
  starting_.clear();
  verdict_.reason = std::move(reason);
  verdict_.status = status;
  verdict_.kept = batch_.size() + old_.size();
  old_.clear();
  batch_.clear();
  for (const auto& changes : std::exchange(lost_, {})) owner_->fork_again(changes);
  dropped_ = std::exchange(fresh_, {});
  const auto all = dropped_;
  for (int id : all) owner_->drop(id);
  if (dropped_.empty()) finish({});
}

void reloading::abort(error_code reason) {
  deadline_.reset();
  starting_.clear();
  verdict_.reason = reason.message();
  finish(reason);
}

void reloading::finish(error_code ec) {
  auto* owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  auto self = shared_from_this();
  while (!done_.empty()) done_.complete_one(ec, verdict_);
  owner->reload_finished(*this);
}

}  // namespace brood::cluster::detail

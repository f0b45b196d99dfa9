#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "brood/unique_fd.hpp"
#include "policy/assignment.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;
using boost::system::error_code;

/// Hands the primary's connections over to workers, as the policy decides. It keeps a copy of each connection until a
/// worker has accepted it, so that none is lost if the worker exits.
class dispatcher : public std::enable_shared_from_this<dispatcher> {
 public:
  using connection = std::shared_ptr<const unique_fd>;
  using hand_over_function = std::function<void(int worker, const connection&)>;

  using assignment = brood::detail::policy::assignment<connection>;

  /// The policy for everything except settings::choose.
  static std::unique_ptr<assignment> in_turn();

  dispatcher(const asio::any_io_executor& ex, std::unique_ptr<assignment> policy);

  void on_hand_over(hand_over_function f) { hand_over_ = std::move(f); }
  /// `f` is called whenever wants_more() or settled() may have changed.
  void on_change(std::function<void()> f) { changed_ = std::move(f); }
  asio::any_io_executor get_executor() { return retry_.get_executor(); }

  bool has(int worker) const { return policy_->has(worker); }
  void join(int worker);
  /// The worker gets no further connections. Its pending hand-over remains.
  void retire(int worker);
  /// The worker has exited: connections that it had not accepted go to others.
  void remove(int worker);
  void answered(int worker, bool accepted);
  void arrived(unique_fd fd) { policy_->arrived(std::make_shared<const unique_fd>(std::move(fd))); }
  /// Must be called after arrived().
  void distribute();
  /// Data that the policy may depend on has changed.
  void reconsider();

  /// Whether there is a worker, and few connections are waiting. Otherwise connections stay in the kernel's accept
  /// queue.
  bool wants_more() const;
  std::size_t backlog() const { return policy_->backlog(); }
  bool settled() const { return policy_->settled(); }
  /// Closes all its connections.
  void close();

 private:
  void changed();
  /// A reply is late and other workers wait for it: limits that time.
  void watch_slow();

  /// Retries connections that were deferred or refused by all, after a delay.
  void watch_parked();

  std::unique_ptr<assignment> policy_;
  hand_over_function hand_over_;
  std::function<void()> changed_;
  asio::steady_timer retry_;
  asio::steady_timer slow_;
  std::uint64_t handed_ = 0;
  bool retrying_ = false;
  bool watching_ = false;
};

}  // namespace brood::cluster::detail

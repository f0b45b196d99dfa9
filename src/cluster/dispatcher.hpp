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

/// Hands the connections that the primary holds to workers, as its policy says, and keeps its own copy of each until a
/// worker has accepted it, so that one which dies meanwhile costs nothing.
class dispatcher : public std::enable_shared_from_this<dispatcher> {
 public:
  using connection = std::shared_ptr<const unique_fd>;
  using hand_over_function = std::function<void(int worker, const connection&)>;

  using assignment = brood::detail::policy::assignment<connection>;

  /// The policy of all but settings::choose.
  static std::unique_ptr<assignment> in_turn();

  dispatcher(const asio::any_io_executor& ex, std::unique_ptr<assignment> policy);

  void on_hand_over(hand_over_function f) { hand_over_ = std::move(f); }
  /// `f` is called whenever wants_more() or settled() may have changed.
  void on_change(std::function<void()> f) { changed_ = std::move(f); }
  asio::any_io_executor get_executor() { return retry_.get_executor(); }

  bool has(int worker) const { return policy_->has(worker); }
  void join(int worker);
  /// The worker gets no more; what is under way to it is still its own to answer.
  void retire(int worker);
  /// The worker is gone: what it had not accepted goes to another.
  void remove(int worker);
  void answered(int worker, bool accepted);
  void arrived(unique_fd fd) { policy_->arrived(std::make_shared<const unique_fd>(std::move(fd))); }
  /// To be called after arrived().
  void distribute();
  /// What the policy may go by has changed.
  void reconsider();

  /// There is a worker, and not too much waits already. Beyond that connections stay in the kernel's queue: that is
  /// what a backlog is for.
  bool wants_more() const;
  std::size_t backlog() const { return policy_->backlog(); }
  bool settled() const { return policy_->settled(); }
  /// Drops all it holds.
  void close();

 private:
  void changed();
  /// Somebody's answer is late, and others wait for it: they shall not for ever.
  void watch_slow();

  /// Those that wait for a moment to pass are looked at again then.
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

#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "loop/descriptor.hpp"
#include "policy/round_robin.hpp"
#include "sys/listen.hpp"

namespace brood::cluster {

namespace asio = boost::asio;
using boost::system::error_code;

/// One port of the primary: accepts, and hands each connection to the next worker. It keeps its own copy of a
/// connection until a worker has accepted it, so that one which dies meanwhile costs nothing.
class listener_round_robin : public std::enable_shared_from_this<listener_round_robin> {
 public:
  using connection = std::shared_ptr<const unique_fd>;
  using hand_over_function = std::function<void(int worker, const connection&)>;

  listener_round_robin(asio::any_io_executor ex, std::string key, unique_fd socket);

  /// The name by which workers know this listener.
  const std::string& key() const noexcept { return key_; }
  const std::optional<sys::bound_name>& name() const noexcept { return name_; }
  /// What the first worker that had something to share said, for all the others: Node's TLS ticket keys.
  boost::json::value shared_data;

  void on_hand_over(hand_over_function f) { hand_over_ = std::move(f); }

  bool has(int worker) const { return policy_.has(worker); }
  void join(int worker);
  /// The worker wants no more connections; one under way to it is still its own to answer.
  void retire(int worker);
  /// The worker is gone.
  void remove(int worker);
  void answered(int worker, bool accepted);
  /// No new connection comes in. Those in the kernel's queue, whose clients have connected, still go to the workers;
  /// `done` is called when all are taken, or nobody is left to take them. Never from inside this call.
  void finish(std::function<void()> done);
  /// At once: what nobody has taken is lost.
  void close();

 private:
  void wait();
  void accept_waiting();
  void distribute();
  void tell_when_settled();
  /// Stands back for a while, then tries again whatever could not be done.
  void pause(std::chrono::milliseconds time);

  std::string key_;
  loop::descriptor socket_;
  std::optional<sys::bound_name> name_;
  policy::round_robin<connection> policy_;
  hand_over_function hand_over_;
  asio::steady_timer timer_;
  std::function<void()> finished_;  // there while it finishes
  bool waiting_ = false;
  bool pausing_ = false;
};

}  // namespace brood::cluster

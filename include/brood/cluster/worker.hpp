#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <utility>

#include "brood/cluster/address.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/exit_status.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood::cluster {

namespace detail {
struct worker_state;
}  // namespace detail

/// A handle of one worker in its primary. Copies refer to the same worker. A handle may be kept after the worker has
/// exited and after the primary was destroyed, but not after the loop was: the worker counts as dead then, messages are
/// dropped, and kill() returns false. A wait for an event that the worker can no longer reach completes with
/// operation_aborted. Listeners are removed with the worker, or with the primary.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class worker : public message_sender {
 public:
  // A moved-from handle still refers to the worker.
  worker(const worker&) = default;
  worker& operator=(const worker& other);
  ~worker() = default;

  /// From 1 on, never reused. In the worker it is this_worker::id().
  int id() const noexcept;
  /// 0 while the start is delayed because workers exit too soon (settings::restart).
  pid_t pid() const noexcept;

  /// The worker's runtime has started.
  one_shot_event<> online;
  /// Emitted each time it starts to listen on an address.
  event<address> listening;
  /// The worker is ready: it listens, or it has reported so if settings::explicit_ready is set.
  one_shot_event<> ready;
  /// Its channel is closed. It gets no more connections.
  one_shot_event<error_code> disconnected;
  /// Never happens for a worker that was disconnected before it was started.
  one_shot_event<exit_status> exited;
  /// Messages from the worker, without the cluster's own. If nothing ever reads them, those beyond 1,024 are dropped.
  inbox<message> messages;

  /// Sends a signal to the worker, without a graceful shutdown. As child_process::kill.
  bool kill(int signal = SIGTERM);
  /// Asks the worker to close its servers, finish its connections and exit. It gets no connections from now on. No
  /// effect after the worker has exited or the primary was destroyed.
  void disconnect();

  bool is_connected() const noexcept;
  /// Whether it has exited, or will never be started.
  bool is_dead() const noexcept;
  /// Whether its exit was planned: disconnect() was called here, or in the worker itself.
  bool exited_after_disconnect() const noexcept;

  /// Whether both refer to the same worker.
  friend bool operator==(const worker& a, const worker& b) noexcept {
    return a.state_.unguarded() == b.state_.unguarded();
  }

 private:
  friend struct detail::worker_state;
  explicit worker(std::shared_ptr<detail::worker_state> state);

  brood::detail::state_ptr<detail::worker_state> state_;
};

}  // namespace brood::cluster

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

/// A handle of one worker, as its primary sees it. Copies refer to the same worker. A handle may be kept after the
/// worker has exited and after the primary was destroyed, but not after the loop was: the worker is dead then, it is
/// sent nothing, and kill() returns false. A wait for something that the worker exited without reaching completes with
/// operation_aborted. Listeners end with the worker, or with the primary.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class worker : public message_sender {
 public:
  // A moved-from handle still refers to the worker.
  worker(const worker&) = default;
  worker& operator=(const worker& other);
  ~worker() = default;

  /// From 1 on, never used again; the worker knows it as this_worker::id().
  int id() const noexcept;
  /// 0 while the start is put off because workers are dying young (settings::restart).
  pid_t pid() const noexcept;

  /// The worker's runtime is up.
  one_shot_event<> online;
  /// Each time it starts to listen somewhere.
  event<address> listening;
  /// It serves: it listens, or has said so itself where settings::explicit_ready wants that.
  one_shot_event<> ready;
  /// Its channel is gone; from here on it gets no connection.
  one_shot_event<error_code> disconnected;
  /// Never reached by a worker that was disconnected before it was started.
  one_shot_event<exit_status> exited;
  /// What it sends, beside the cluster's own messages. If nobody ever reads, what is beyond 1,024 messages is dropped.
  inbox<message> messages;

  /// Sends a signal to the worker; no graceful step. As child_process::kill.
  bool kill(int signal = SIGTERM);
  /// Asks it to close its servers, finish what it is serving and go. It gets no connection from here on. Does nothing
  /// once the worker has exited or the primary was destroyed.
  void disconnect();

  bool is_connected() const noexcept;
  /// Whether it has exited, or will never be started.
  bool is_dead() const noexcept;
  /// Whether its end was wanted: disconnect() here, or disconnect() in the worker itself.
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

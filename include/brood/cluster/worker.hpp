#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>

#include "brood/cluster/address.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/exit_status.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood::cluster {

struct worker_state;

/// One worker, as its primary sees it. Belongs to the primary; a reference is good until the listeners of `exited` have
/// returned, and so are the events of this object.
class worker : public message_sender {
 public:
  explicit worker(std::shared_ptr<worker_state> state);
  worker(const worker&) = default;

  /// From 1 on, never used again; the worker knows it as this_worker::id().
  int id() const noexcept;
  /// 0 while the start is put off because workers are dying young (settings::restart).
  pid_t pid() const noexcept;

  /// The worker's runtime is up.
  milestone<> online;
  /// Each time it starts to listen somewhere.
  event<address> listening;
  /// It serves: it listens, or has said so itself where settings::explicit_ready wants that.
  milestone<> ready;
  /// Its channel is gone; from here on it gets no connection.
  milestone<error_code> disconnected;
  milestone<exit_status> exited;
  /// What it sends, beside the cluster's own messages. If nobody ever reads, what is beyond 1,024 messages is dropped.
  inbox<message> messages;

  /// Sends a signal to the worker; no graceful step. As child_process::kill.
  bool kill(int signal = SIGTERM);
  /// Asks it to close its servers, finish what it is serving and go. It gets no connection from here on.
  void disconnect();

  bool is_connected() const noexcept;
  bool is_dead() const noexcept;
  /// Whether its end was wanted: disconnect() here, or disconnect() in the worker itself.
  bool exited_after_disconnect() const noexcept;

 private:
  std::shared_ptr<worker_state> state_;
};

}  // namespace brood::cluster

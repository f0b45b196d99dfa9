#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "brood/cluster/worker.hpp"
#include "cluster/heartbeat.hpp"
#include "cluster/ledger.hpp"
#include "cluster/listener.hpp"
#include "process/child_state.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

class primary_state;

/// The state of a worker. Its channel exists from the start, its process may be started later.
struct worker_state : std::enable_shared_from_this<worker_state> {
  worker_state(const asio::any_io_executor& ex, int number);

  worker handle();
  /// The worker has exited or will never be started, or the primary was destroyed. Ends waits for events that can no
  /// longer happen.
  void conclude();

  std::optional<std::chrono::microseconds> lag() const {
    if (!pulse || !pulse->lag()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(*pulse->lag());
  }

  /// The primary was destroyed: the program's listeners are not called any more.
  void forget_program() noexcept;

  const int id;
  environment changes;
  const std::shared_ptr<brood::detail::ipc::endpoint> channel;
  std::shared_ptr<brood::detail::process::child_state> child;  // empty until it is started
  std::chrono::steady_clock::time_point started{};
  std::shared_ptr<void> deadline;  // until it is started; later, until it must have exited
  std::shared_ptr<heartbeat> pulse;
  std::int64_t pulse_seq = -1;  // of the question that it has not answered
  ledger traffic;
  bool exited_after_disconnect = false;
  bool hung = false;
  bool listens = false;           // on any address, now or before
  unsigned restarts = 0;          // of its predecessors
  double tolerance = 0;           // -1 to 1: its random part of recycling::jitter
  std::unique_ptr<readable> out;  // with settings::on_out
  std::unique_ptr<readable> err;  // with settings::on_err
  std::string last_stderr;

  std::weak_ptr<primary_state> primary;
  /// Connections in transit to it, by the seq of their message.
  std::map<std::int64_t, std::weak_ptr<listener>> handovers;

  const std::shared_ptr<brood::detail::one_shot_state<>> online;
  const std::shared_ptr<brood::detail::one_shot_state<>> ready;
  const std::shared_ptr<brood::detail::one_shot_state<exit_status>> exited;
  const std::shared_ptr<brood::detail::listeners<address>> listening;
};

}  // namespace brood::cluster::detail

#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "brood/cluster/address.hpp"
#include "brood/cluster/crash_loop.hpp"
#include "brood/cluster/reload.hpp"
#include "brood/cluster/settings.hpp"
#include "brood/cluster/statistics.hpp"
#include "brood/cluster/worker.hpp"
#include "brood/detail/token.hpp"
#include "brood/executor.hpp"
#include "brood/unique_fd.hpp"

namespace brood::cluster {

namespace detail {
class primary_state;
}  // namespace detail

/// The process that starts the workers and owns every port they listen on, for as long as it lives.
///
/// Its workers are brood programs with a `this_worker`, or unmodified Node programs that use `cluster`. When the
/// primary is destroyed, its ports and channels close, and the workers then exit by themselves.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class primary {
 public:
  /// Throws: std::invalid_argument if a setting is invalid; its message names the setting.
  explicit primary(executor ex, settings options = {});
  ~primary();
  primary(const primary&) = delete;
  primary& operator=(const primary&) = delete;

  /// Starts a worker, with changes to its environment. Returns at once. If workers exit too soon after their start, the
  /// start is delayed (settings::restart), so calling this from a listener of `exited` never spins.
  /// Throws: spawn_error if the start is not delayed and fails.
  worker fork(const environment& changes = {});

  /// All workers that have not exited, ordered by id.
  std::vector<worker> workers() const;
  /// The worker with that id; empty if it has exited or never existed.
  std::optional<worker> find(int id) const;

  /// The scheduling in use: never `automatic`. It is round_robin if the system does not support the requested one;
  /// settings::log is called with the reason. A port that the scheduling does not support (a Unix path with a kernel
  /// scheduling) uses round_robin.
  cluster::scheduling scheduling() const noexcept;

  /// Takes over a bound socket, for example from systemd (take_activated_sockets). Workers that ask for its address, or
  /// for any address at its port, share this socket instead of a new one. TCP, Unix or UDP. It uses round_robin if the
  /// scheduling is a kernel one. Connections that are in its queue when the primary ends stay there for other processes
  /// that have the socket, and a socket file is not removed.
  /// Returns: its address.
  /// Throws: boost::system::system_error if the descriptor is not a socket, or not bound.
  address adopt(unique_fd socket);

  /// The last value of crash_looping, until a worker has reached backoff::min_uptime.
  std::optional<cluster::crash_loop> crash_loop() const;

  /// Returns statistics of all workers; boost::json::value_from converts them to JSON. Reads a small file of /proc for
  /// each worker.
  statistics stats(const statistics_options& options = {}) const;

  /// These events are emitted for each worker, after the worker's own event of the same name. Listeners may keep a copy
  /// of the handle.
  event<worker&> forked;
  event<worker&> online;
  event<worker&, address> listening;
  event<worker&, error_code> disconnected;
  event<worker&, exit_status> exited;
  /// backoff::crash_loop_threshold consecutive generations, and each further one, have exited before
  /// backoff::min_uptime. Emitted after the last worker's `exited`.
  event<cluster::crash_loop> crash_looping;
  /// The number of open connections of a worker that is disconnecting: when it is told to, and whenever the number
  /// changes. Only for workers that report it (worker_statistics::open).
  event<worker&, std::size_t> draining;
  /// Emitted for each message before the worker's own `messages` get it.
  event<worker&, brood::message> message;

  /// Shuts down: closes the ports, disconnects every worker and completes when the last one has exited. Clients that
  /// are connected are still served: their connections go to the workers before these are told to disconnect. Workers
  /// that have not finished within settings::drain are ended by settings::stop.
  /// Completion signature: `void(error_code)`.
  /// Errors: operation_aborted when cancelled.
  /// Cancellation: every kind ends the wait. The shutdown goes on.
  template <boost::asio::completion_token_for<void(error_code)> Token = brood::detail::default_token>
  auto async_disconnect(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [state = state_](auto handler) { disconnect(state, std::move(handler)); }, token);
  }

  /// Replaces every worker by a new one, which gets the environment changes of its predecessor. The new workers run the
  /// file that settings::exec, or the name of this program, resolves to now (reload_result::program). The old workers
  /// keep serving until their successors are ready (worker::ready), then finish their connections within
  /// settings::drain. They have exited_after_disconnect() set.
  ///
  /// If a new worker exits, cannot be started or is not ready in time, the new workers of its batch are ended and the
  /// remaining old workers stay. New workers that already listen finish their connections first; others are ended at
  /// once.
  /// Completion signature: `void(error_code, reload_result)`. The result says how many workers were replaced and, if
  /// not all, why.
  /// Errors: already_started if another reload is in progress; operation_aborted when cancelled, or if the cluster is
  /// disconnected meanwhile.
  /// Cancellation: every kind ends the wait. The reload goes on.
  template <boost::asio::completion_token_for<void(error_code, reload_result)> Token = brood::detail::default_token>
  auto async_reload(reload_options options, Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, reload_result)>(
        [state = state_, options](auto handler) { reload(state, options, std::move(handler)); }, token);
  }

 private:
  using reload_handler = boost::asio::any_completion_handler<void(error_code, reload_result)>;
  static void reload(const brood::detail::state_ptr<detail::primary_state>& state, reload_options options,
                     reload_handler handler);
  using disconnect_handler = boost::asio::any_completion_handler<void(error_code)>;
  explicit primary(std::shared_ptr<detail::primary_state> state);
  static void disconnect(const brood::detail::state_ptr<detail::primary_state>& state, disconnect_handler handler);

  brood::detail::state_ptr<detail::primary_state> state_;
};

}  // namespace brood::cluster

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
/// primary is destroyed, its ports and channels close and the workers end by themselves.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class primary {
 public:
  /// Throws std::invalid_argument where the settings make no sense.
  explicit primary(executor ex, settings options = {});
  ~primary();
  primary(const primary&) = delete;
  primary& operator=(const primary&) = delete;

  /// Starts a worker, with changes to its environment. Returns at once; if workers are dying young the start itself is
  /// put off (settings::restart), so calling this from a listener of `exited` never spins.
  /// Throws spawn_error where the start is not put off and fails.
  worker fork(const environment& changes = {});

  /// All that have not exited, by id.
  std::vector<worker> workers() const;
  /// Empty if no such worker runs.
  std::optional<worker> find(int id) const;

  /// What decides who gets a connection: never `automatic`. Where the system does not allow what was asked for it is
  /// round_robin, and settings::log was told why. A port for which it can not be done (a Unix path with a kernel
  /// scheduling) is served by round_robin all the same.
  cluster::scheduling scheduling() const noexcept;

  /// Takes over a socket that is bound, be it by systemd (take_activated_sockets): a worker that asks for its address,
  /// or for any address at its port, gets a share of this one, instead of a new one being bound. TCP, Unix, or UDP. It
  /// is served by round_robin where the scheduling is the kernel's, and by none but the workers: what is in its queue
  /// in the end stays there for whoever else has it, and a socket file stays too. Returns where it is bound. Throws
  /// boost::system::system_error where it is no socket, or not bound.
  address adopt(unique_fd socket);

  /// The last of crash_looping, until a worker has lived.
  std::optional<cluster::crash_loop> crash_loop() const;

  /// How the workers are doing, as a value; boost::json::value_from makes JSON of it. Reads a small file of /proc for
  /// each worker.
  statistics stats(const statistics_options& options = {}) const;

  /// Of each worker, after the worker's own event of that name. Listeners may keep a copy of the handle.
  event<worker&> forked;
  event<worker&> online;
  event<worker&, address> listening;
  event<worker&, error_code> disconnected;
  event<worker&, exit_status> exited;
  /// Generation after generation dies young (backoff::crash_loop_threshold), and one more has: after the last worker's `exited`.
  event<cluster::crash_loop> crash_looping;
  /// How many connections a worker that shall go has open yet: when it is told to go, and whenever that changes. Only
  /// of workers that tell how many they have (worker_statistics::open).
  event<worker&, std::size_t> draining;
  /// A look at each message before the worker's own `messages` get it.
  event<worker&, brood::message> message;

  /// Closes the ports, disconnects every worker and completes when the last one has exited. Whoever has connected is
  /// served: their connections go to the workers before these are told to go. Those that are not done in
  /// settings::drain are ended by the steps of settings::stop. Signature: `void(error_code)`; error: operation_aborted
  /// when cancelled (the workers go all the same). Cancellation: every kind.
  template <boost::asio::completion_token_for<void(error_code)> Token = brood::detail::default_token>
  auto async_disconnect(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [state = state_](auto handler) { disconnect(state, std::move(handler)); }, token);
  }

  /// Replaces every worker by a new one, started now, with the changes to the environment its predecessor had. The new
  /// ones run the file that settings::exec, or the name of this program, leads to now (reload_result::program). The
  /// old ones go on until their successors are ready (worker::ready), then finish what they are serving, within
  /// settings::drain. If a new one ends, cannot be started or is not ready in time, its batch goes, and the old ones
  /// that are left stay: those of it that listen finish what they serve, too, the others are stopped at once. A worker
  /// that ends by this has exited_after_disconnect() set. Signature: `void(error_code, reload_result)`; the verdict
  /// tells how many were replaced and, if not all, why. Error: already_started while another reload is under way;
  /// operation_aborted when cancelled (it goes on all the same) or when the cluster is disconnected meanwhile.
  /// Cancellation: every kind.
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

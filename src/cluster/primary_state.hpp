#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "brood/cluster/primary.hpp"
#include "brood/cluster/statistics.hpp"
#include "cluster/listener.hpp"
#include "cluster/reloading.hpp"
#include "cluster/worker_state.hpp"
#include "policy/restart.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// The state of a primary. Its parts: starting and ending workers (primary_state.cpp); readiness, heartbeats and
/// reloads (primary_life.cpp); crash loops, output and limits of workers (primary_watch.cpp); ports
/// (primary_ports.cpp); messages of workers (primary_requests.cpp); statistics (primary_stats.cpp).
class primary_state : public std::enable_shared_from_this<primary_state> {
 public:
  primary_state(asio::any_io_executor ex, cluster::settings s);

  worker fork(const environment& changes);
  void disconnect_worker(worker_state& who);
  void disconnect_all(brood::detail::waiters<>::handler handler);
  void reload(reload_options with, reloading::handler handler);
  /// The primary object was destroyed.
  void abandon();
  statistics stats(const statistics_options& with) const;
  address adopt(unique_fd socket);
  std::optional<cluster::crash_loop> crash_loop() const;

  const std::map<int, std::shared_ptr<worker_state>>& workers() const noexcept { return states_; }
  cluster::scheduling scheduling() const noexcept { return settings_.scheduling; }
  const asio::any_io_executor& executor() const noexcept { return executor_; }

  // For a reload under way.
  /// Starts a worker at once, without a delay. Returns its id. Throws spawn_error.
  int fork_now(const environment& changes);
  /// The program of a worker that is started now: settings::exec, or this program.
  std::string program() const;
  /// The same with all symbolic links resolved.
  std::filesystem::path program_file() const;
  /// Tells the worker to disconnect, and ends it if it has not in time. Returns false if there is no such worker.
  bool replace(int worker);
  /// Ends the worker: like replace() if it listens, otherwise at once.
  void drop(int worker);
  void reload_finished(const reloading& which) {
    if (reload_.get() == &which) reload_.reset();
  }
  /// As fork(), without a caller: a failure is logged and retried.
  void fork_again(const environment& changes);

  brood::detail::listeners<worker&> forked;
  brood::detail::listeners<worker&> online;
  brood::detail::listeners<worker&, address> listening;
  brood::detail::listeners<worker&, error_code> disconnected;
  brood::detail::listeners<worker&, exit_status> exited;
  brood::detail::listeners<cluster::crash_loop> crash_looping;
  brood::detail::listeners<worker&, std::size_t> draining;
  brood::detail::listeners<worker&, message> message_received;

 private:
  using state_ptr = std::shared_ptr<worker_state>;
  using listener_ptr = std::shared_ptr<listener>;

  // Life
  void forget_program() noexcept;
  state_ptr add_worker(const environment& changes);
  void enlist(const state_ptr& who);
  void start(const state_ptr& who);
  void start_later(const state_ptr& who, std::chrono::milliseconds wait);
  void watch(const state_ptr& who);
  void on_disconnected(const state_ptr& who, error_code reason);
  void on_exited(const state_ptr& who, exit_status status);
  void forget(const state_ptr& who);
  void settle_accounts(const worker_state& who, const exit_status& status);
  void hear_out(const state_ptr& who, std::unique_ptr<readable> out);
  void hear_err(const state_ptr& who, std::unique_ptr<readable> err);
  void look_for_crash_loop(const state_ptr& who, const exit_status& status, int failures_before);
  void tell_draining(worker_state& who);
  void watch_limits();
  void check_limits();
  std::string limit_reached(const worker_state& who) const;
  void recycle(const state_ptr& who, const std::string& why);
  void watch_pulse(const state_ptr& who);
  void on_ready(const state_ptr& who);
  void on_hung(const state_ptr& who);
  void finish_listeners();
  void listener_finished();
  void dismiss_workers();
  void stop_stragglers();
  void complete_if_all_gone();
  std::chrono::milliseconds next_wait();
  void log(log_level level, const std::string& text) const;

  // Ports
  boost::system::result<listener_ptr> open_listener(const brood::detail::wire::listen_request& request);
  boost::system::result<listener_ptr> make_listener(const brood::detail::wire::listen_request& request);
  /// Returns an empty one as make_listener does.
  listener_ptr make_slots(const brood::detail::wire::listen_request& request, boost::system::error_code& ec);
  listener_ptr make_datagrams(const brood::detail::wire::listen_request& request);
  std::unique_ptr<dispatcher::assignment> make_policy(const brood::detail::wire::listen_request& request, int socket);
  /// A copy of the socket that a request refers to, if the primary has it already. Empty with errno 0 if it does not,
  /// or with another errno if the socket is not suitable.
  unique_fd find_socket(const brood::detail::wire::listen_request& request) const;

  // Requests
  void on_message(const state_ptr& who, const boost::json::object& message);
  void on_query(const state_ptr& who, const brood::detail::wire::cluster_message& query);
  void on_answer(const state_ptr& who, const brood::detail::wire::cluster_message& answer);
  void on_online(const state_ptr& who);
  void on_listening(const state_ptr& who, const brood::detail::wire::listen_request& request);
  void on_loads(const state_ptr& who, const brood::detail::wire::cluster_message& asked);
  void on_traffic(const state_ptr& who, const brood::detail::wire::traffic_report& report);
  std::uint32_t report_every() const;
  candidate look_up(int id) const;
  void reply(const state_ptr& who, const brood::detail::wire::cluster_message& query, const listener_ptr& where,
             const listener::share& share);
  void on_close(const state_ptr& who, const brood::detail::wire::cluster_message& closed);
  /// The worker stays connected but no longer listens at `where`. Closes the port if no other worker listens there.
  void release(const state_ptr& who, const listener_ptr& where);
  /// For all workers of that port, including later ones.
  void share_data(const listener_ptr& where, const boost::json::value& data);
  void hand_over(int id, const listener_ptr& from, const dispatcher::connection& fd);
  void leave_listeners(const worker_state& who, void (listener::*how)(int));

  asio::any_io_executor executor_;
  cluster::settings settings_;
  std::map<int, state_ptr> states_;
  std::map<std::string, listener_ptr> listeners_;
  std::vector<unique_fd> adopted_;
  int next_id_ = 1;
  std::int64_t next_seq_ = 0;
  brood::detail::policy::restart restart_;
  std::minstd_rand random_;
  brood::detail::waiters<> all_gone_;
  std::shared_ptr<void> finish_deadline_;
  std::shared_ptr<void> drain_deadline_;
  std::size_t finishing_ = 0;  // listeners with connections to hand over, and one more during the calls
  bool stopping_ = false;

  // For stats()
  std::uint64_t started_ = 0;
  std::uint64_t died_ = 0;
  std::optional<std::uint64_t> gone_accepted_{0};  // by exited workers
  std::optional<std::uint64_t> gone_requests_{0};
  std::optional<std::chrono::microseconds> gone_cpu_{0};
  // during the emission of `exited`: the number of restarts for a worker that a listener forks
  std::optional<unsigned> place_;
  std::shared_ptr<reloading> reload_;      // while one is in progress
  std::function<void()> after_recycling_;  // a reload that was requested during the replacement of one worker
  bool recycling_ = false;                 // the one in progress replaces a single worker
  bool watching_limits_ = false;
  brood::detail::policy::restart::clock::time_point no_recycling_before_{};
  asio::steady_timer limits_timer_;
  std::optional<cluster::crash_loop> crash_loop_;
  brood::detail::policy::restart::clock::time_point crashed_{};
};

}  // namespace brood::cluster::detail

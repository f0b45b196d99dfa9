#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "brood/cluster/choice.hpp"
#include "brood/log.hpp"
#include "brood/options.hpp"

namespace brood::cluster {

class worker;

/// How connections are distributed to the workers. docs/cluster.md shows the path of a connection under each.
enum class scheduling {
  /// kernel_round_robin if the system supports it, otherwise round_robin. primary::scheduling() returns the one in use.
  automatic,
  /// The kernel distributes in turn: each worker accepts from a queue of its own. Needs permission to load eBPF
  /// programs (CAP_BPF, which root has) and Linux 5.12. TCP only.
  kernel_round_robin,
  /// The same, but the worker with the fewest open connections is next, in turn among equals. Workers report their
  /// connections by acceptor::set_load(). Those that do not, such as Node's, get connections in turn.
  kernel_least_loaded,
  /// The primary accepts and distributes the connections in turn: Node's SCHED_RR.
  round_robin,
  /// All workers accept from one queue: Node's SCHED_NONE. The distribution is uneven.
  shared,
  /// The primary accepts, and a function of the program chooses the worker: settings::choose.
  program,
};

/// The name of the enumerator: "kernel_round_robin".
std::string to_string(scheduling);

/// Delays the replacement of workers that exit too soon. fork() waits longer after each such exit, so that a program
/// that cannot start does not spin. A worker that reaches min_uptime resets the delay. Each delay varies by up to 10 %,
/// so that many restarts do not coincide.
struct backoff {
  std::chrono::milliseconds initial_delay{1000};
  double factor = 1.5;
  std::chrono::milliseconds max_delay{30'000};
  /// A worker that exits before this age has failed to start.
  std::chrono::milliseconds min_uptime{1000};
  /// This many consecutive failed generations are a crash loop: primary::crash_looping. 0: never.
  int crash_loop_threshold = 3;
};

/// When a worker is replaced because of its age or use. Its successor becomes ready first, then the worker finishes its
/// connections. Workers are replaced one at a time. A limit of 0 means no limit.
struct recycling {
  std::chrono::milliseconds max_age{0};
  /// Accepted connections. No limit for workers that do not report them: Node's under a kernel scheduling or `shared`.
  std::uint64_t max_connections = 0;
  /// Received requests, for workers that report them (acceptor::count_requests), as http::server does.
  std::uint64_t max_requests = 0;
  std::uint64_t max_rss = 0;  ///< resident memory, in bytes
  /// Each worker's limits vary at random by up to this fraction, so that workers started together are not replaced
  /// together. 0 to 1.
  double jitter = 0.1;
  /// How often the limits are checked. If a successor does not become ready, the next attempt follows after
  /// backoff::max_delay.
  std::chrono::milliseconds check_interval{1000};
};

/// How a cluster starts, distributes to, and ends workers. The defaults are those of Node's cluster if it has the
/// setting.
struct settings {
  /// The workers' program, as for brood::fork(). Empty: this program, by the name that it was started by. The name is
  /// resolved again for each worker (this_program).
  std::string exec{};
  /// Its arguments. If not given: those of this program.
  std::optional<arguments> args{};
  /// Arguments of `node`, before the script.
  arguments exec_args{};
  std::filesystem::path cwd{};
  environment env{};
  /// The workers' standard streams. A pipe, a terminal or a channel is not allowed, because nothing would read it: use
  /// `on_out` and `on_err` to receive their output.
  stdio in = stdio::inherit;
  stdio out = stdio::inherit;
  stdio err = stdio::inherit;
  /// Is called with what workers write to stdout, as it arrives, which may be after their `exited`. Requires `out` to
  /// be left at its default. The loop's run() returns only after each process that inherited that stdout has closed it.
  std::function<void(worker&, std::string_view)> on_out{};
  /// The same for stderr and `err`. The last 4 KiB are crash_loop::last_stderr.
  std::function<void(worker&, std::string_view)> on_err{};
  /// The serialization of messages, including the cluster's own.
  brood::serialization serialization = brood::serialization::json;
  cluster::scheduling scheduling = cluster::scheduling::automatic;
  /// Chooses the worker of each connection; scheduling::automatic is scheduling::program then. A choice is valid until
  /// that worker has accepted the connection. If the chosen worker is not among the candidates, the error is logged. If
  /// the function throws, the exception leaves the loop's run(). In both cases the connection goes to the worker with
  /// the fewest waiting connections.
  choose_function choose{};
  /// False: a port is closed when a worker that stays connected closes it and no other worker listens there. True: a
  /// port stays open until the primary ends. A port whose last worker exits or disconnects stays open in both cases.
  bool keep_ports = false;
  backoff restart{};
  recycling recycle{};
  /// Time limit for the event loop of a worker that listens or is ready. If the loop does not respond for this long,
  /// the worker gets no more connections, its waiting ones go to other workers, and it is ended by the steps of `stop`.
  /// 0: no limit. Works for Node's workers, too.
  std::chrono::milliseconds heartbeat{0};
  /// True: a worker is ready (worker::ready) when it calls this_worker::ready() or, in Node, process.send("ready").
  /// False: when it listens.
  bool explicit_ready = false;
  /// The time that async_disconnect() leaves workers to finish. Those that have not finished are ended by `stop`.
  std::chrono::milliseconds drain{10'000};
  stop_steps stop = default_stop;
  log_function log{};
};

}  // namespace brood::cluster

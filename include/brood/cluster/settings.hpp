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

/// Who decides which worker gets a connection. docs/cluster.md draws the way of a connection under each.
enum class scheduling {
  /// kernel_round_robin where the system allows it, else round_robin; primary::scheduling() tells which that is.
  automatic,
  /// The kernel, in turn: each worker has a queue of its own and accepts by itself. Needs the right to load eBPF
  /// programs (CAP_BPF, which root has) and Linux 5.12; TCP only.
  kernel_round_robin,
  /// The same, but the worker with the fewest open connections is next, in turn among equals. Workers tell how many
  /// they have open by acceptor::set_load(); those that do not, Node's among them, get what falls to them by turn.
  kernel_least_loaded,
  /// The primary accepts and hands the connections over in turn, as Node's SCHED_RR.
  round_robin,
  /// All workers accept from one queue, whoever is there first: Node's SCHED_NONE. Uneven by nature.
  shared,
  /// The primary accepts and hands the connections over to whom the program's own function names: settings::choose.
  program,
};

/// The name as it is written here: "kernel_round_robin".
std::string to_string(scheduling);

/// A worker that dies young is not replaced at once: fork() waits, longer each time, so that a program that cannot
/// start does not spin. One that lived resets the wait. Each wait is off by up to a tenth, so that many do not come
/// back in step.
struct backoff {
  std::chrono::milliseconds initial_delay{1000};
  double factor = 1.5;
  std::chrono::milliseconds max_delay{30'000};
  /// Dying before this age is dying young.
  std::chrono::milliseconds min_uptime{1000};
  /// So many generations in a row that died young are a crash loop: primary::crash_looping. 0: it is never told.
  int crash_loop_threshold = 3;
};

/// When a worker has served long enough and is replaced: its successor gets ready first, then it finishes what it is
/// serving. One at a time, never two in step. A limit of 0 is none.
struct recycling {
  std::chrono::milliseconds max_age{0};
  /// Connections it has taken. Not for workers of which that is not known: Node's under the kernel schedulings and
  /// `shared`.
  std::uint64_t max_connections = 0;
  /// Requests it has been asked: for workers that tell (acceptor::count_requests), as http::server does.
  std::uint64_t max_requests = 0;
  std::uint64_t max_rss = 0;  ///< resident memory, in bytes
  /// Each worker's own limits are off by a random part of them, up to this one, so that workers started together do not
  /// go together. 0 to 1.
  double jitter = 0.1;
  /// How often that is looked at. After a successor that did not get ready, the next is tried after backoff::max_delay.
  std::chrono::milliseconds check_interval{1000};
};

/// How workers are started and ended. Defaults as in Node's cluster, where it has them.
struct settings {
  /// The workers' program, as brood::fork() takes it. Empty: this program, by the name it was started by. That name is
  /// looked up again for each worker (this_program).
  std::string exec{};
  /// Its arguments. Not given: those of this program.
  std::optional<arguments> args{};
  /// Arguments for `node`, before the script.
  arguments exec_args{};
  std::filesystem::path cwd{};
  environment env{};
  /// Neither a pipe, nor a terminal or channel: nobody would have the other end. Use `on_out` and `on_err` to get what
  /// workers write.
  stdio in = stdio::inherit;
  stdio out = stdio::inherit;
  stdio err = stdio::inherit;
  /// Is called with what workers write to stdout, as it arrives, which may be after their `exited`. Requires `out` to
  /// be left at its default. The loop's run() returns only after each process that inherited that stdout has closed it.
  std::function<void(worker&, std::string_view)> on_out{};
  /// The same for stderr and `err`. The last 4 KiB are crash_loop::last_stderr.
  std::function<void(worker&, std::string_view)> on_err{};
  /// The form of the messages, the cluster's own included.
  brood::serialization serialization = brood::serialization::json;
  cluster::scheduling scheduling = cluster::scheduling::automatic;
  /// Who gets a connection, by the program's own rule; with it, scheduling::automatic is scheduling::program. What it
  /// names for a connection holds until that worker has taken it. A worker that is none of those offered (no such id,
  /// not listening there, on its way out) is told to `log`, an exception leaves the loop's run(); in both cases the
  /// connection goes to the worker for which the fewest wait.
  choose_function choose{};
  /// False: a port is closed when a worker that stays connected closes it and no other worker listens there. True: a
  /// port stays open until the primary ends. A port whose last worker exits or disconnects stays open in both cases.
  bool keep_ports = false;
  backoff restart{};
  recycling recycle{};
  /// A worker that listens or is ready, and whose loop has not turned for this long, gets no more connections, those
  /// that wait for it go to others, and it is ended by the steps of `stop`. 0: never. Works for Node's workers too.
  std::chrono::milliseconds heartbeat{0};
  /// A worker is ready (worker::ready) when it says so: this_worker::ready(), or a message "ready" as process.send has
  /// it in Node. False: when it listens.
  bool explicit_ready = false;
  /// How long async_disconnect() lets workers finish by themselves, and what happens to those that do not.
  std::chrono::milliseconds drain{10'000};
  stop_steps stop = default_stop;
  log_function log{};
};

}  // namespace brood::cluster

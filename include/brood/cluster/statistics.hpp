#pragma once

#include <sys/types.h>

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "brood/cluster/settings.hpp"

namespace brood::cluster {

/// The state of a worker.
enum class phase {
  delayed,       ///< its start is delayed, because workers exit too soon
  starting,      ///< its process runs and has not reported yet
  online,        ///< its runtime has started
  ready,         ///< it serves: worker::ready
  hung,          ///< its loop does not respond; it is being ended
  leaving,       ///< it is disconnecting and finishes its connections
  disconnected,  ///< its channel is closed, its process still runs
};

/// The name of the enumerator.
std::string to_string(phase);

/// Statistics of one worker. A value that is unknown is absent, never 0.
struct worker_statistics {
  int id = 0;
  pid_t pid = 0;  ///< 0 while its start is delayed
  phase state = phase::delayed;
  std::chrono::milliseconds age{0};  ///< since the start of its process
  /// The number of unplanned exits of its predecessors. A worker that is forked by a listener of `exited` succeeds the
  /// worker that exited.
  unsigned restarts = 0;
  /// Connections it has accepted. If they do not pass through the primary (a kernel scheduling, `shared`), this is what
  /// the worker reports, at most 100 ms old. Absent for Node's workers then.
  std::optional<std::uint64_t> accepted{};
  /// Its open connections by acceptor::set_load(), at most 100 ms old. If it has several acceptors, the largest number
  /// that one reported. Absent if the worker does not report it, as Node's do not.
  std::optional<std::size_t> open{};
  /// Requests it has received by acceptor::count_requests(), at most 100 ms old. Absent if the worker does not report
  /// it.
  std::optional<std::uint64_t> requests{};
  /// The time that its loop took for the last heartbeat. Absent without settings::heartbeat, and before the first one.
  std::optional<std::chrono::microseconds> lag{};
  /// Processor time of its process, user and system, in steps of the system's clock (10 ms). This and the memory are
  /// absent if it has no process, or if the system does not report them.
  std::optional<std::chrono::microseconds> cpu{};
  std::optional<std::uint64_t> rss{};  ///< resident memory, in bytes
  /// The proportional share: memory shared with other processes is divided among them. Absent unless requested.
  std::optional<std::uint64_t> pss{};
};

struct statistics {
  cluster::scheduling scheduling = cluster::scheduling::automatic;
  /// All workers that have not exited, ordered by id.
  std::vector<worker_statistics> workers{};
  /// Workers started so far, and how many of them exited unplanned.
  std::uint64_t started = 0;
  std::uint64_t died = 0;
  /// Connections that the primary holds and no worker has accepted yet.
  std::size_t waiting = 0;
  /// The sum over all workers, including exited ones. This and the following sums are absent if a part is unknown.
  std::optional<std::uint64_t> accepted{};
  std::optional<std::size_t> open{};
  std::optional<std::uint64_t> requests{};         ///< including exited workers
  std::optional<std::chrono::microseconds> cpu{};  ///< including exited workers
  std::optional<std::uint64_t> rss{};
  std::optional<std::uint64_t> pss{};
};

struct statistics_options {
  /// Whether to read the proportional share of memory. The kernel inspects each page of the worker for it, which takes
  /// less than a millisecond for a small worker and several for a Node worker of 100 MB. The worker's memory map is
  /// locked meanwhile.
  bool pss = false;
};

/// For boost::json::value_from. Times are in milliseconds ("lag_ms"), memory in bytes. An absent value has no member.
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& to, const worker_statistics& from);
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& to, const statistics& from);

}  // namespace brood::cluster

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

/// How far a worker is in its life.
enum class phase {
  delayed,       ///< its start is put off, since workers are dying young
  starting,      ///< its process runs and has said nothing yet
  online,        ///< its runtime is up
  ready,         ///< it serves: worker::ready
  hung,          ///< its loop stands still; it is being ended
  leaving,       ///< it shall go, and finishes what it serves
  disconnected,  ///< its channel is gone, its process not yet
};

/// The name as it is written here.
std::string to_string(phase);

/// What is known of one worker. What cannot be known is absent, never 0.
struct worker_statistics {
  int id = 0;
  pid_t pid = 0;  ///< 0 while it is delayed
  phase state = phase::delayed;
  std::chrono::milliseconds age{0};  ///< since its process was started
  /// How many came before it in its place and ended though nobody wanted them to: a worker is in the place of another
  /// where a listener of that one's `exited` forked it.
  unsigned restarts = 0;
  /// Connections it has taken. Of those that come to it without the primary (the kernel schedulings, `shared`) it is
  /// what it reports, 100 ms old at most; absent for Node's workers, which do not.
  std::optional<std::uint64_t> accepted{};
  /// Connections it has open, by acceptor::set_load(), as old; where it has several acceptors, the most that one of
  /// them tells. Absent where the worker does not tell: Node's do not.
  std::optional<std::size_t> open{};
  /// Requests it has been asked, by acceptor::count_requests(), as old. Absent where the worker does not tell.
  std::optional<std::uint64_t> requests{};
  /// How long its loop took for the last heartbeat. Absent without settings::heartbeat, and before the first.
  std::optional<std::chrono::microseconds> lag{};
  /// What its process has used of the processors, user and system, in steps of the system's clock (10 ms). This and the
  /// memory is absent where it has no process, or the system does not say.
  std::optional<std::chrono::microseconds> cpu{};
  std::optional<std::uint64_t> rss{};  ///< resident memory, in bytes
  /// The same, where what is shared with others counts in parts only. Absent unless asked for.
  std::optional<std::uint64_t> pss{};
};

struct statistics {
  cluster::scheduling scheduling = cluster::scheduling::automatic;
  /// All that have not exited, by id.
  std::vector<worker_statistics> workers{};
  /// Started so far, and how many of those have ended though nobody wanted them to.
  std::uint64_t started = 0;
  std::uint64_t died = 0;
  /// Connections that the primary holds and no worker has taken yet.
  std::size_t waiting = 0;
  /// By all workers, those that have exited included. This and what follows is absent where a part of it is not known.
  std::optional<std::uint64_t> accepted{};
  std::optional<std::size_t> open{};
  std::optional<std::uint64_t> requests{};         ///< those that have exited included
  std::optional<std::chrono::microseconds> cpu{};  ///< the same
  std::optional<std::uint64_t> rss{};
  std::optional<std::uint64_t> pss{};
};

struct statistics_options {
  /// Whether to read the proportional share of the memory too. The kernel looks at each page of the worker for it: less
  /// than a millisecond for a small one, several for a Node worker of 100 MB, and the worker waits for its memory map
  /// meanwhile.
  bool pss = false;
};

/// For boost::json::value_from. Times are in milliseconds ("lag_ms"), memory in bytes; what is absent has no member.
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& to, const worker_statistics& from);
void tag_invoke(const boost::json::value_from_tag&, boost::json::value& to, const statistics& from);

}  // namespace brood::cluster

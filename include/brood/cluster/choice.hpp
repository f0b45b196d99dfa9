#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "brood/cluster/address.hpp"

namespace brood::cluster {

/// A worker that could get a connection: it listens where the connection came in, and has not refused this one.
struct candidate {
  int id = 0;
  /// Connections it has taken so far, on all its ports.
  std::uint64_t accepted = 0;
  /// Connections on this port that were chosen for it and that it has not taken yet.
  std::size_t waiting = 0;
  /// Connections it has open. Absent where the worker does not tell (acceptor::set_load): Node's do not.
  std::optional<std::size_t> open{};
  /// How long its loop took for the last heartbeat. Absent without settings::heartbeat, and before the first.
  std::optional<std::chrono::microseconds> lag{};
};

/// A connection that settings::choose is asked about.
struct incoming {
  /// The client: an IPv4 address even where the port takes both families; a path, mostly an empty one, for a Unix
  /// socket.
  address from{};
  /// Where it came in: one of the addresses that workers listen on.
  address to{};
  /// At least one, in the order of their ids. Good during the call.
  std::span<const candidate> workers{};
};

/// What shall become of a connection.
///
/// Thread safety: a value; different objects may be used at the same time.
class choice {
 public:
  /// The worker with this id gets it, as soon as it has taken those that were chosen for it before. Should it refuse it
  /// or be gone before it took it, the function is asked again.
  choice(int worker) noexcept : what_(kind::worker), worker_(worker) {}
  choice(const candidate& worker) noexcept : choice(worker.id) {}

  /// Nobody yet. It is kept, and asked about again when a worker comes, goes, takes a connection or tells how many it
  /// has open, and every 50 ms.
  static choice defer() noexcept { return choice(kind::defer); }
  /// It is closed.
  static choice refuse() noexcept { return choice(kind::refuse); }

  bool is_deferred() const noexcept { return what_ == kind::defer; }
  bool is_refuse() const noexcept { return what_ == kind::refuse; }
  /// The id of the worker; 0 where it is none.
  int worker() const noexcept { return worker_; }

 private:
  enum class kind { worker, defer, refuse };
  explicit choice(kind what) noexcept : what_(what) {}

  kind what_;
  int worker_ = 0;
};

/// Decides who gets a connection. It runs on the primary's loop, for each connection, and must neither block nor
/// destroy the primary.
using choose_function = std::function<choice(const incoming&)>;

}  // namespace brood::cluster

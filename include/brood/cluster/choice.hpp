#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "brood/cluster/address.hpp"

namespace brood::cluster {

/// A worker that can get a connection: it listens on the address of the connection and has not refused it.
struct candidate {
  int id = 0;
  /// Connections it has accepted so far, on all its ports.
  std::uint64_t accepted = 0;
  /// Connections on this port that were assigned to it and that it has not accepted yet.
  std::size_t waiting = 0;
  /// Its open connections. Absent if the worker does not report them (acceptor::set_load), as Node's workers do not.
  std::optional<std::size_t> open{};
  /// The time that its loop took for the last heartbeat. Absent without settings::heartbeat, and before the first one.
  std::optional<std::chrono::microseconds> lag{};
};

/// A connection that settings::choose decides about.
struct incoming {
  /// The client's address: an IPv4 address even if the port takes both families; for a Unix socket a path, which is
  /// usually empty.
  address from{};
  /// The address that the client connected to: one of those that workers listen on.
  address to{};
  /// At least one, ordered by id. Valid during the call.
  std::span<const candidate> workers{};
};

/// The decision about a connection.
///
/// Thread safety: a value; different objects may be used at the same time.
class choice {
 public:
  /// The worker with this id gets it, after the connections that were assigned to it before. If the worker refuses it,
  /// or exits before it has accepted it, the function is called again.
  choice(int worker) noexcept : what_(kind::worker), worker_(worker) {}
  choice(const candidate& worker) noexcept : choice(worker.id) {}

  /// No worker yet. The connection is kept, and the function is called again when a worker starts, exits, accepts a
  /// connection or reports its load, and every 50 ms.
  static choice defer() noexcept { return choice(kind::defer); }
  /// The connection is closed.
  static choice refuse() noexcept { return choice(kind::refuse); }

  bool is_deferred() const noexcept { return what_ == kind::defer; }
  bool is_refuse() const noexcept { return what_ == kind::refuse; }
  /// The id of the worker; 0 if none was chosen.
  int worker() const noexcept { return worker_; }

 private:
  enum class kind { worker, defer, refuse };
  explicit choice(kind what) noexcept : what_(what) {}

  kind what_;
  int worker_ = 0;
};

/// Decides which worker gets a connection. It is called on the primary's loop for each connection, and must neither
/// block nor destroy the primary.
using choose_function = std::function<choice(const incoming&)>;

}  // namespace brood::cluster

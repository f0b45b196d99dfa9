#pragma once

#include <cstddef>
#include <optional>

namespace brood::detail::policy {

/// Decides which worker gets which connection, if the primary distributes them. Rules common to all policies: each
/// worker has at most one hand-over in progress, and the policy keeps a connection until a worker has accepted it. A
/// connection that was refused, or whose worker exited, returns to the queue.
template <class Connection>
class assignment {
 public:
  using worker_id = int;
  struct handover {
    worker_id worker;
    Connection connection;  ///< a copy; the policy keeps its own until the reply
  };

  assignment() = default;
  assignment(const assignment&) = delete;
  assignment& operator=(const assignment&) = delete;
  virtual ~assignment() = default;

  /// Adds a worker. A retired worker whose reply is pending is active again after that reply.
  virtual void add(worker_id worker) = 0;
  /// The worker gets no further connections. A connection that was sent to it remains its own, because it may have
  /// accepted it and two workers must not serve the same client.
  virtual void retire(worker_id worker) = 0;
  /// The worker has exited. Connections that it had not accepted return to the front of the queue.
  virtual void remove(worker_id worker) = 0;
  virtual void arrived(Connection connection) = 0;

  /// Returns the next hand-over. After each other call it must be called until it returns nothing.
  virtual std::optional<handover> next() = 0;
  /// The worker's reply to its hand-over. Returns false if it has none in progress; the reply must be ignored then.
  virtual bool answered(worker_id worker, bool accepted) = 0;

  /// Data that decisions depend on has changed.
  virtual void reconsider() {}
  /// Connections are waiting, and only workers that have not replied could take them.
  virtual bool held_up() const noexcept { return false; }
  /// Must be called after held_up() has lasted for a while.
  virtual void excuse_slow() noexcept {}

  virtual bool has(worker_id worker) const = 0;
  /// A worker can take connections, now or after its reply.
  virtual bool has_workers() const noexcept = 0;
  /// Connections wait for a change, or for a delay: retry_parked().
  virtual bool has_parked() const noexcept = 0;
  virtual void retry_parked() = 0;
  /// No connection is waiting or in transit, or there are no workers.
  virtual bool settled() const noexcept = 0;
  /// Connections that no worker has accepted yet.
  virtual std::size_t backlog() const noexcept = 0;
};

}  // namespace brood::detail::policy

#pragma once

#include <cstddef>
#include <optional>

namespace brood::detail::policy {

/// Who gets which connection, where the primary hands them out. The rules differ; what holds for all of them is that
/// each worker has at most one hand-over under way, and that a connection is the policy's until a worker has said that
/// it took it: from one that refused it or went away it comes back.
template <class Connection>
class assignment {
 public:
  using worker_id = int;
  struct handover {
    worker_id worker;
    Connection connection;  ///< a copy; the policy keeps its own until the answer
  };

  assignment() = default;
  assignment(const assignment&) = delete;
  assignment& operator=(const assignment&) = delete;
  virtual ~assignment() = default;

  /// One that is retired but still has an answer to give comes back with that answer.
  virtual void add(worker_id worker) = 0;
  /// The worker shall get no more. A connection already on its way to it stays so: it may have taken it, and two
  /// workers must not serve the same client.
  virtual void retire(worker_id worker) = 0;
  /// The worker is gone. What it had not taken is the oldest of all again.
  virtual void remove(worker_id worker) = 0;
  virtual void arrived(Connection connection) = 0;

  /// What to hand over now; to be asked until it gives nothing, after each of the other calls.
  virtual std::optional<handover> next() = 0;
  /// The worker's answer to its hand-over. False when it has none under way: the answer is to be ignored.
  virtual bool answered(worker_id worker, bool accepted) = 0;

  /// What a decision may have gone by has changed.
  virtual void reconsider() {}
  /// Connections wait, and somebody could take them, but for those who have not answered yet.
  virtual bool held_up() const noexcept { return false; }
  /// To be called when that has lasted for a while.
  virtual void excuse_slow() noexcept {}

  virtual bool has(worker_id worker) const = 0;
  /// Somebody is there to get a connection, now or after its answer.
  virtual bool has_workers() const noexcept = 0;
  /// Connections wait for something to change, or for a moment to pass: retry_parked().
  virtual bool has_parked() const noexcept = 0;
  virtual void retry_parked() = 0;
  /// Nothing is left to do: no connection waits, none is on its way. Or nobody is left to do it.
  virtual bool settled() const noexcept = 0;
  /// Connections no worker has taken yet.
  virtual std::size_t backlog() const noexcept = 0;
};

}  // namespace brood::detail::policy

#pragma once

#include <boost/system/error_code.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "brood/cluster/reload.hpp"
#include "brood/detail/waiters.hpp"
#include "brood/options.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;
using boost::system::error_code;

class primary_state;
struct worker_state;

/// One reload in progress: successors are started, and their predecessors are told to disconnect when the whole batch
/// is ready. This class decides; the primary acts and reports what happens to workers.
///
///     start a batch --all ready--> disconnect as many old ones --all exited--> next batch, or done
///          └─ one exits, or takes too long ──> the batch is stopped, the old ones stay: done, with a reason
class reloading : public std::enable_shared_from_this<reloading> {
 public:
  using handler = brood::detail::waiters<reload_result>::handler;

  reloading(primary_state& owner, const asio::any_io_executor& ex, reload_options with, handler done);

  /// `old`: the workers to replace, by id, with their environment changes.
  void start(std::map<int, environment> old);
  void ready(int worker);
  /// Called before the program's listeners. Returns true if the reload handles this exit: the program must not replace
  /// the worker.
  bool exited(int worker, const exit_status& status);
  /// The primary shuts down or is destroyed.
  void abort(error_code reason);

 private:
  void next_batch();
  void all_ready();
  void fail(std::string reason, std::optional<exit_status> status = {});
  void finish(error_code ec);

  primary_state* owner_;  // until it is finished
  const reload_options with_;
  std::map<int, environment> old_;    // not replaced yet
  std::set<int> starting_;            // of this batch, not ready yet
  std::set<int> fresh_;               // of this batch, all
  std::map<int, environment> batch_;  // the workers that it replaces
  std::vector<environment> lost_;     // old ones that exited by themselves meanwhile
  std::set<int> leaving_;
  std::set<int> dropped_;  // new ones that are being ended, because they did not become ready
  reload_result verdict_;
  std::shared_ptr<void> deadline_;
  brood::detail::waiters<reload_result> done_;
};

}  // namespace brood::cluster::detail

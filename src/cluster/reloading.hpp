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

/// One reload under way: successors are started, and their predecessors told to go once all of a batch are ready.
/// Decides; the primary carries out and tells it what happens to workers.
///
///     start a batch --all ready--> tell as many old ones to go --all gone--> next batch, or done
///          └─ one exits, or takes too long ──> the batch is stopped, the old ones stay: done, with a reason
class reloading : public std::enable_shared_from_this<reloading> {
 public:
  using handler = brood::detail::waiters<reload_result>::handler;

  reloading(primary_state& owner, const asio::any_io_executor& ex, reload_options with, handler done);

  /// `old`: whom to replace, by id, with the changes to their environments.
  void start(std::map<int, environment> old);
  void ready(int worker);
  /// Before the program hears of it. True where the end is ours to answer for: the program must not replace it.
  bool exited(int worker, const exit_status& status);
  /// The primary ends, or goes away.
  void abort(error_code reason);

 private:
  void next_batch();
  void all_ready();
  void fail(std::string reason, std::optional<exit_status> status = {});
  void finish(error_code ec);

  primary_state* owner_;  // until it is finished
  const reload_options with_;
  std::map<int, environment> old_;    // not yet replaced
  std::set<int> starting_;            // of this batch, not yet ready
  std::set<int> fresh_;               // of this batch, all
  std::map<int, environment> batch_;  // whom it replaces
  std::vector<environment> lost_;     // old ones that died by themselves meanwhile
  std::set<int> leaving_;
  std::set<int> dropped_;  // new ones that are stopped, since they did not get ready
  reload_result verdict_;
  std::shared_ptr<void> deadline_;
  brood::detail::waiters<reload_result> done_;
};

}  // namespace brood::cluster::detail

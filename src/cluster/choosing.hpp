#pragma once

#include <functional>
#include <memory>

#include "brood/cluster/choice.hpp"
#include "brood/log.hpp"
#include "cluster/dispatcher.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// What settings::choose gets to know, and where its mistakes go.
struct choosing_context {
  asio::any_io_executor executor;
  choose_function choose;
  /// All that is known of a worker but what waits for it here.
  std::function<candidate(int worker)> look_up;
  log_function log;
};

/// The policy that asks the program's own function about the connections that come in at `where`. A worker that the
/// function names though it is none of those offered is told to the log, and an exception leaves run() as from any
/// listener; in both cases the connection goes to one that has the fewest waiting.
std::unique_ptr<dispatcher::assignment> make_choosing(choosing_context context, address where);

}  // namespace brood::cluster::detail

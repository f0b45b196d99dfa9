#pragma once

#include <functional>
#include <memory>

#include "brood/cluster/choice.hpp"
#include "brood/log.hpp"
#include "cluster/dispatcher.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// The data for settings::choose, and the handling of its errors.
struct choosing_context {
  asio::any_io_executor executor;
  choose_function choose;
  /// Everything known about a worker except its waiting connections.
  std::function<candidate(int worker)> look_up;
  log_function log;
};

/// Returns the policy that calls the program's function for the connections at `where`. If the function chooses a
/// worker that is not a candidate, that is logged; if it throws, the exception leaves run() as from any listener. In
/// both cases the connection goes to the worker with the fewest waiting connections.
std::unique_ptr<dispatcher::assignment> make_choosing(choosing_context context, address where);

}  // namespace brood::cluster::detail

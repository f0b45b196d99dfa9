#pragma once

#include "brood/cluster/settings.hpp"

namespace brood::cluster::detail {

/// Returns the scheduling that this system supports. If it is not `wanted`, `log` is called with the reason.
scheduling choose_scheduling(scheduling wanted, const log_function& log);

}  // namespace brood::cluster::detail

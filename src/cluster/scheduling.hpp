#pragma once

#include "brood/cluster/settings.hpp"

namespace brood::cluster::detail {

/// What of that this system allows; `log` is told where it is something else, and why.
scheduling choose_scheduling(scheduling wanted, const log_function& log);

}  // namespace brood::cluster::detail

#pragma once

#include "brood/cluster/acceptor.hpp"
#include "brood/cluster/activation.hpp"
#include "brood/cluster/address.hpp"
#include "brood/cluster/choice.hpp"
#include "brood/cluster/crash_loop.hpp"
#include "brood/cluster/datagram_port.hpp"
#include "brood/cluster/listen_options.hpp"
#include "brood/cluster/primary.hpp"
#include "brood/cluster/reload.hpp"
#include "brood/cluster/settings.hpp"
#include "brood/cluster/statistics.hpp"
#include "brood/cluster/this_worker.hpp"
#include "brood/cluster/worker.hpp"
#include "brood/parallelism.hpp"

namespace brood::cluster {

/// Whether a cluster primary, brood's or Node's, started this process. The first call decides and removes the variables
/// that it reads from the environment, so make it before other threads start.
bool is_worker();
inline bool is_primary() { return !is_worker(); }

}  // namespace brood::cluster

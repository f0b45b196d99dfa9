#pragma once

#include "http/source.hpp"

namespace brood::cluster {
class this_worker;
}

namespace brood::http::detail {

/// A worker's share of a port that the primary owns. The primary's reply arrives later, through core::listens.
///
/// When the worker is disconnecting, the server drains, and the worker stays connected until that is complete.
std::shared_ptr<connection_source> make_worker_source(cluster::this_worker& self, core& target,
                                                      const listen_address& where);

}  // namespace brood::http::detail

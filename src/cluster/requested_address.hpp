#pragma once

#include "brood/cluster/address.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

/// The address that a worker asks for, or reports that it listens on.
address requested_address(const brood::detail::wire::listen_request& request);

/// The backlog that a worker asks for; default_backlog if it is invalid.
int requested_backlog(const brood::detail::wire::listen_request& request);

}  // namespace brood::cluster::detail

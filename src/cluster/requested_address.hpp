#pragma once

#include "brood/cluster/address.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

/// What a worker asks for, or says that it listens at.
address requested_address(const brood::detail::wire::listen_request& request);

/// The backlog that a worker asks for; default_backlog if what it asks for makes no sense.
int requested_backlog(const brood::detail::wire::listen_request& request);

}  // namespace brood::cluster::detail

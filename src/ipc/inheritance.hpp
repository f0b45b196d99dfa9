#pragma once

#include <optional>

#include "brood/serialization.hpp"
#include "brood/unique_fd.hpp"

namespace brood::detail::ipc {

/// What the parent told this process in its environment when it started it.
struct inheritance {
  bool has_channel = false;
  std::optional<int> worker_id;  ///< set for cluster workers
  serialization form = serialization::json;
  bool parent_is_brood = false;
};

/// Read once, at the first call; the variables are gone from the environment then and the channel's descriptor is
/// closed on exec. As this changes the environment, the first call belongs before other threads are started.
const inheritance& inherited();

/// The channel's descriptor, for the one who asks first. Throws boost::system::system_error, `for_whom` in its text,
/// for everybody else, where there is none, and where the parent speaks a serialization that we do not.
unique_fd take_channel(const char* for_whom);

}  // namespace brood::detail::ipc

#pragma once

#include <optional>

#include "brood/serialization.hpp"
#include "brood/unique_fd.hpp"

namespace brood::detail::ipc {

/// The variables that the parent set in the environment of this process.
struct inheritance {
  bool has_channel = false;
  std::optional<int> worker_id;  ///< set for cluster workers
  serialization form = serialization::json;
  bool parent_is_brood = false;
};

/// Reads the variables at the first call, removes them from the environment and makes the channel's descriptor
/// close-on-exec. Because the environment changes, the first call must be made before other threads start.
const inheritance& inherited();

/// Returns the channel's descriptor to the first caller. Throws boost::system::system_error, with `for_whom` in its
/// text, for every other caller, if there is no channel, and if the parent uses an unknown serialization.
unique_fd take_channel(const char* for_whom);

}  // namespace brood::detail::ipc

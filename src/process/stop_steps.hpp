#pragma once

#include <optional>
#include <string>

#include "brood/options.hpp"

namespace brood::detail::process {

/// Why these steps could never make anything end, if so: "a step of `stop` sends signal 999, which is not valid".
std::optional<std::string> fault_of(const stop_steps& steps);

}  // namespace brood::detail::process

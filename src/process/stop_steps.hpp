#pragma once

#include <optional>
#include <string>

#include "brood/options.hpp"

namespace brood::detail::process {

/// Returns why these steps could never end a process, if so: "a step of `stop` sends signal 999, which is not valid".
std::optional<std::string> fault_of(const stop_steps& steps);

}  // namespace brood::detail::process

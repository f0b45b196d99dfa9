#pragma once

#include <functional>

#include "launch/launch.hpp"

namespace brood::detail::launch {

/// Runs `job` on the launcher: a thread of brood's own, started at the first use, that lives as long as the process and
/// handles no signal.
///
/// Two things need it. A start that must not block the loop, since the thread that clones waits until the program runs.
/// And children that die with their parent: PR_SET_PDEATHSIG refers to the thread that started them, which must
/// therefore outlive them all. It belongs to the process, not to a loop; CONTRIBUTING.md lists what else does.
void on_launcher(std::function<void()> job);

/// start(), to be called on the launcher.
process start_here(plan& p);

/// start(), from the launcher; the calling thread waits for it.
process start_on_launcher(plan& p);

}  // namespace brood::detail::launch

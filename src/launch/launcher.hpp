#pragma once

#include <functional>

#include "launch/launch.hpp"

namespace brood::launch {

/// Runs `job` on the launcher: a thread of brood's own, started at the first use, that lives as long as the process and
/// handles no signal.
///
/// Two things need it. A start that shall not hold up the loop, since the thread that clones stands still until the
/// program runs. And children that die with their parent: PR_SET_PDEATHSIG means the thread that made them, which must
/// therefore outlive them all. It is the one object of brood's that belongs to no other.
void on_launcher(std::function<void()> job);

/// start(), to be called on the launcher.
process start_here(plan& p);

/// start(), from the launcher; the calling thread waits for it.
process start_on_launcher(plan& p);

}  // namespace brood::launch

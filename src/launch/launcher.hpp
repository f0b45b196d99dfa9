#pragma once

#include <functional>

#include "launch/launch.hpp"

namespace brood::detail::launch {

/// Runs `job` on the launcher: a thread that is started at its first use, lives as long as the process and handles no
/// signals.
///
/// It has two purposes. async_spawn() must not block the loop, but the cloning thread waits until the program runs. And
/// PR_SET_PDEATHSIG refers to the thread that started the child, so that thread must outlive all children with
/// die_with_parent. The launcher belongs to the process, not to a loop; CONTRIBUTING.md lists all such exceptions.
void on_launcher(std::function<void()> job);

/// start(), for calls on the launcher.
process start_here(plan& p);

/// start(), run on the launcher. The calling thread waits for it.
process start_on_launcher(plan& p);

}  // namespace brood::detail::launch

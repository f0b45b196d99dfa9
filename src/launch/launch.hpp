#pragma once

#include <sys/types.h>

#include "brood/unique_fd.hpp"
#include "launch/plan.hpp"

namespace brood::detail::launch {

struct process {
  pid_t pid = -1;
  unique_fd pidfd;
};

/// Starts the program. The calling thread stands still until the program runs or its start has failed; the cost does
/// not depend on how much memory this process holds, since the child borrows it instead of copying its page tables.
/// Throws spawn_error; then nothing is left of the child.
process start(plan& p);

}  // namespace brood::detail::launch

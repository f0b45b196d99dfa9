#pragma once

#include <sys/types.h>

#include "brood/unique_fd.hpp"
#include "launch/plan.hpp"

namespace brood::detail::launch {

struct process {
  pid_t pid = -1;
  unique_fd pidfd;
};

/// Starts the program. The calling thread blocks until the program runs or its start has failed. The cost does not
/// depend on this process's memory, because the child shares it instead of copying the page tables.
/// Throws: spawn_error; the child is gone then.
process start(plan& p);

}  // namespace brood::detail::launch

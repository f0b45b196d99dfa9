#pragma once

#include "brood/unique_fd.hpp"

/// Children whose loop was destroyed before it collected them. Nothing waits for them any more, and each would be a
/// zombie for the rest of this process's life.
///
/// Their pidfds are in one list of this process. Each start of a child and each end of a loop that had children looks
/// at some of them and collects those that have ended. There is no thread and no signal handler.
namespace brood::detail::loop {

/// Collects the child if it has ended. Otherwise adds it to the list.
void add_orphan(unique_fd pidfd) noexcept;

/// Looks at up to 64 orphans and collects those that have ended; the next call looks at the others. An empty list costs
/// one load.
void collect_orphans() noexcept;

}  // namespace brood::detail::loop

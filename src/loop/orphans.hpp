#pragma once

#include "brood/unique_fd.hpp"

/// Children whose loop was destroyed before it collected them. Without this list each of them would remain a zombie
/// until this process ends.
///
/// The process has one list of their pidfds. Each start of a child, and each end of a loop that had children, inspects
/// some of them and collects those that have ended. There is no thread and no signal handler.
namespace brood::detail::loop {

/// Collects the child if it has ended; otherwise adds it to the list.
void add_orphan(unique_fd pidfd) noexcept;

/// Inspects up to 64 orphans and collects those that have ended. The next call continues with the others. For an empty
/// list the cost is one load.
void collect_orphans() noexcept;

}  // namespace brood::detail::loop

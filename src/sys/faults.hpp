#pragma once

namespace brood::detail::sys {

#ifdef BROOD_FAULTS

/// Makes the `countdown`-th call from now on, and the `times` - 1 calls after it, fail with `error` without being made.
/// A `countdown` of 0 disarms. For tests with one thread.
void plant_fault(int countdown, int error, int times = 1) noexcept;
/// Whether the planted fault has occurred.
bool fault_struck() noexcept;
/// Counts down. If the fault is due, sets errno and returns true.
bool fault_due() noexcept;

#else

constexpr bool fault_due() noexcept { return false; }

#endif

}  // namespace brood::detail::sys

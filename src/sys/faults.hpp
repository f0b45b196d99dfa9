#pragma once

namespace brood::detail::sys {

#ifdef BROOD_FAULTS

/// The `countdown`-th call from now on, and `times` - 1 calls behind it, fail with `error` without being made; a
/// `countdown` of 0 disarms. For tests, single-threaded.
void plant_fault(int countdown, int error, int times = 1) noexcept;
/// Whether the planted fault has struck.
bool fault_struck() noexcept;
/// Counts down; sets errno and returns true where the fault is due.
bool fault_due() noexcept;

#else

constexpr bool fault_due() noexcept { return false; }

#endif

}  // namespace brood::detail::sys

#include "sys/faults.hpp"

#ifdef BROOD_FAULTS
#include <cerrno>

namespace brood::detail::sys {
namespace {
int left = 0;
int reason = 0;
int still_to_fail = 0;
bool struck = false;
}  // namespace

void plant_fault(int countdown, int error, int times) noexcept {
  left = countdown;
  reason = error;
  still_to_fail = times;
  struck = false;
}

bool fault_struck() noexcept { return struck; }

/// Also called between clone and exec, where sanitizers must not be active (launch/child_side.cpp).
__attribute__((no_sanitize("address", "thread", "undefined"))) bool fault_due() noexcept {
  if (left == 0) return false;
  if (left > 1) {
    --left;
    return false;
  }
  if (--still_to_fail == 0) left = 0;
  struck = true;
  errno = reason;
  return true;
}

}  // namespace brood::detail::sys
#endif

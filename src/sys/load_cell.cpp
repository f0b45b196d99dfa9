#include "sys/load_cell.hpp"

#include <atomic>
#include <cerrno>

#include "sys/bpf/slots.h"

namespace brood::detail::sys {

load_cell::load_cell(int map, std::uint32_t slot) noexcept : slot_(slot) {
  if (slot < MOST_SLOTS) {
    all_ = mapped(map, sizeof(loads));
  } else {
    errno = EINVAL;
  }
}

void load_cell::set(std::int32_t open) noexcept {
  std::atomic_ref(all_.as<loads>().open[slot_]).store(open, std::memory_order_relaxed);
}

void load_cell::add(std::int32_t change) noexcept {
  std::atomic_ref(all_.as<loads>().open[slot_]).fetch_add(change, std::memory_order_relaxed);
}

}  // namespace brood::detail::sys

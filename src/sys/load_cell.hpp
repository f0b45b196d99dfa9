#pragma once

#include <cstdint>

#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// A worker's own figure in the map of loads that the kernel looks at (sys/steering.hpp). The kernel adds each
/// connection that it sends here; the worker takes off those that are gone.
class load_cell {
 public:
  load_cell() = default;
  /// `map` is the descriptor of the map; it may be closed afterwards. Empty (errno) where it cannot be mapped.
  load_cell(int map, std::uint32_t slot) noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(all_); }
  /// From here on the kernel counts for this slot.
  void set(std::int32_t open) noexcept;
  void add(std::int32_t change) noexcept;

 private:
  mapped all_;
  std::uint32_t slot_ = 0;
};

}  // namespace brood::detail::sys

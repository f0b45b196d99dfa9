#pragma once

#include <cstdint>

#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// A worker's counter in the map of loads that the kernel program reads (sys/steering.hpp). The kernel adds each
/// connection that it assigns; the worker subtracts those that were closed.
class load_cell {
 public:
  load_cell() = default;
  /// `map` is the descriptor of the map and may be closed afterwards. Empty with errno if it cannot be mapped.
  load_cell(int map, std::uint32_t slot) noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(all_); }
  /// From now on the kernel counts connections of this slot.
  void set(std::int32_t open) noexcept;
  void add(std::int32_t change) noexcept;

 private:
  mapped all_;
  std::uint32_t slot_ = 0;
};

}  // namespace brood::detail::sys

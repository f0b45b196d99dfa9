#pragma once

#include <cstddef>

/// The prefix of a block in the advanced serialization: the length of the rest, as four bytes in big-endian order.
namespace brood::detail::wire {

inline constexpr std::size_t length_size = 4;

/// The length of the block at `block`, of which the first four bytes must be present.
inline std::size_t block_length(const char* block) noexcept {
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) length = length << 8 | static_cast<unsigned char>(block[i]);
  return length;
}

inline void set_block_length(char* block, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length_size; ++i) {
    block[i] = static_cast<char>(length >> 8 * (length_size - 1 - i) & 0xff);
  }
}

}  // namespace brood::detail::wire

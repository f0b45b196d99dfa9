#pragma once

#include <cstddef>

/// What stands in front of a block of the advanced serialization: the length of the rest, in four bytes, the highest
/// first.
namespace brood::detail::wire {

inline constexpr std::size_t length_size = 4;

/// Of the block that begins here; its first four bytes are there.
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

// What the ipc group sends: messages of 150 bytes on the wire in json, and a large one.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// With {"n":123456,"text":"..."} around it, a line of 150 bytes.
inline const std::string small_text(127, 'x');

/// What `bulk` sends: at least so much, in lines that are a text each.
inline constexpr std::size_t mib = 1024 * 1024;
inline constexpr std::size_t bulk_size = 256 * mib;
inline constexpr std::size_t around_text = 3;  // two quotes and a newline

inline std::string large_text(std::size_t size) { return std::string(size, 'y'); }

}  // namespace bench

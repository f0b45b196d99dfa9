// What the ipc group sends: messages of 150 bytes on the wire in json, and a large one.
#pragma once

#include <string>

namespace bench {

/// With {"n":123456,"text":"..."} around it, a line of 150 bytes.
inline const std::string small_text(127, 'x');

inline std::string large_text(std::size_t size) { return std::string(size, 'y'); }

}  // namespace bench

#pragma once

#include <cstddef>
#include <filesystem>

namespace brood_test {

/// How many file descriptors this process has open.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count - 1;  // the one that reads the directory
}

}  // namespace brood_test

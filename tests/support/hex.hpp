#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace brood_test {

/// The bytes of "1f 8b0c". Blanks between bytes are skipped.
inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex[i] == ' ') ++i;
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

}  // namespace brood_test

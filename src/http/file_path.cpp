#include "http/file_path.hpp"

#include <algorithm>

namespace brood::http::detail {
namespace {

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False for what stands for no byte of a file's name.
bool decode(std::string_view text, std::string& to) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      to += text[i];
      continue;
    }
    if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return false;
    const int byte = digit(text[i + 1]) * 16 + digit(text[i + 2]);
    if (byte == 0 || byte == '/') return false;
    to += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

}  // namespace

file_path find_file_path(std::string_view path) {
  using verdict = file_path::verdict;
  if (!path.starts_with('/')) return {.is = verdict::bad};
  file_path result;
  std::string segment;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto size = std::min(path.find('/'), path.size());
    segment.clear();
    if (!decode(path.substr(0, size), segment)) return {.is = verdict::bad};
    if (segment.starts_with('.') && segment != ".well-known") return {.is = verdict::hidden};
    path.remove_prefix(size);
    if (segment.empty() && !path.empty()) continue;  // "//" is as good as "/"
    result.name += segment;
    if (!path.empty()) result.name += '/';
  }
  if (result.name.empty()) result.name = "./";
  return result;
}

}  // namespace brood::http::detail

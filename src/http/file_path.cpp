#include "http/file_path.hpp"

#include <algorithm>

#include "http/percent.hpp"

namespace brood::http::detail {
namespace {

/// Returns false for an escape that is not allowed in a file name.
bool decode(std::string_view text, std::string& to) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      to += text[i];
      continue;
    }
    const int byte = escaped_byte(text.substr(i));
    if (byte <= 0 || byte == '/') return false;
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
    if (segment.empty() && !path.empty()) continue;  // "//" counts as "/"
    result.name += segment;
    if (!path.empty()) result.name += '/';
  }
  if (result.name.empty()) result.name = "./";
  return result;
}

}  // namespace brood::http::detail

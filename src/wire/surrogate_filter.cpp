#include "wire/surrogate_filter.hpp"

#include <charconv>

namespace brood::detail::wire {
namespace {

constexpr std::size_t escape_size = 6;  // of \uXXXX

/// The code unit of the `\uXXXX` at the front; 0 if there is none.
unsigned code_unit(std::string_view text) noexcept {
  unsigned value = 0;
  if (!text.starts_with("\\u") || text.size() < escape_size) return 0;
  const char* const end = text.data() + escape_size;
  return std::from_chars(text.data() + 2, end, value, 16).ptr == end ? value : 0;
}

bool is_high(unsigned unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(unsigned unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

/// Whether it may be the beginning of a `\uXXXX`.
bool may_become_escape(std::string_view text) noexcept {
  return text.size() < escape_size && (text.starts_with("\\u") || std::string_view("\\u").starts_with(text));
}

}  // namespace

surrogate_filter::escape surrogate_filter::first(std::string_view text, bool last) noexcept {
  constexpr std::size_t least = 2;  // a backslash, which may be escaped itself
  if (!last && may_become_escape(text)) return {.size = 0, .lone = 0};
  const unsigned unit = code_unit(text);
  if (is_low(unit)) return {.size = escape_size, .lone = unit};
  if (!is_high(unit)) return {.size = least, .lone = 0};
  const std::string_view next = text.substr(escape_size);
  if (!last && may_become_escape(next)) return {.size = 0, .lone = 0};
  if (is_low(code_unit(next))) return {.size = 2 * escape_size, .lone = 0};
  return {.size = escape_size, .lone = unit};
}

}  // namespace brood::detail::wire

#include "http/text.hpp"

namespace brood::http::detail {
namespace {

constexpr byte_set token_bytes{letters_and_digits, "!#$%&'*+-.^_`|~"};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool lists(std::string_view list, std::string_view word) noexcept {
  for (;;) {
    const auto comma = std::min(list.find(','), list.size());
    auto element = list.substr(0, comma);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
    if (same_name(element, word)) return true;
    if (comma == list.size()) return false;
    list.remove_prefix(comma + 1);
  }
}

bool is_token(std::string_view text) noexcept { return !text.empty() && token_bytes.holds_all(text); }

bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && byte != '\t') || byte == 127;
  });
}

}  // namespace brood::http::detail

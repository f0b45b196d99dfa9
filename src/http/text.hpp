#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace brood::http::detail {

/// A set of bytes; a test is one load.
class byte_set {
 public:
  constexpr byte_set(std::initializer_list<std::string_view> groups) {
    for (auto group : groups) {
      for (char c : group) has_[static_cast<unsigned char>(c)] = true;
    }
  }

  constexpr bool holds(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }
  constexpr bool holds_all(std::string_view text) const noexcept {
    return std::all_of(text.begin(), text.end(), [this](char c) { return holds(c); });
  }

 private:
  std::array<bool, 256> has_{};
};

inline constexpr std::string_view letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Names of fields are ASCII and compared case-insensitively, independent of the locale.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// Whether `list`, with elements separated by commas (RFC 9110, 5.6.1), contains `word`, compared case-insensitively.
bool lists(std::string_view list, std::string_view word) noexcept;

/// A token of RFC 9110, 5.6.2, such as the name of a field.
bool is_token(std::string_view text) noexcept;

/// Whether it may be the value of a field, without ending its line or changing its meaning behind a proxy (RFC 9110,
/// 5.5).
bool is_field_value(std::string_view text) noexcept;

}  // namespace brood::http::detail

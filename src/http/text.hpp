#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace brood::http::detail {

/// Bytes that belong to something, one load each to ask.
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

/// Names of fields are ASCII and equal whatever the case of their letters; the locale has no say.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// `list`, of elements with commas between them (RFC 9110, 5.6.1), has `word` among them, whatever the case.
bool lists(std::string_view list, std::string_view word) noexcept;

/// A token of RFC 9110, 5.6.2: what the name of a field may be.
bool is_token(std::string_view text) noexcept;

/// What a value may be without ending its line, or becoming something else behind a proxy (RFC 9110, 5.5).
bool is_field_value(std::string_view text) noexcept;

}  // namespace brood::http::detail

#pragma once

#include <string>
#include <string_view>

/// Conversions between text in JavaScript and in C++. A JavaScript string is any sequence of 16-bit units. brood's
/// strings are UTF-8, in which an unpaired surrogate is encoded as three bytes (WTF-8).
namespace brood::detail::utf8 {

inline constexpr char32_t replacement = 0xfffd;

struct character {
  char32_t code;
  unsigned size;  ///< bytes of its encoding: 1 to 4
};

/// The first character of `text`, which must not be empty. Invalid bytes give U+FFFD, grouped as web decoders do.
/// Surrogates are characters here.
character first(std::string_view text) noexcept;

void append(std::string& to, char32_t code);

bool is_ascii(std::string_view text) noexcept;

inline bool is_half(char32_t code) noexcept { return code >= 0xd800 && code < 0xe000; }

/// Whether unpaired surrogates are valid.
enum class halves { refused, kept };

/// Whether it is UTF-8, or WTF-8 if surrogates are kept.
bool is_valid(std::string_view text, halves with = halves::refused) noexcept;
/// Replaces invalid parts by U+FFFD.
std::string to_valid(std::string_view text, halves with = halves::refused);

}  // namespace brood::detail::utf8

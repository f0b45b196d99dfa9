#pragma once

#include <string>
#include <string_view>

/// Text as JavaScript has it and as C++ has it. A JavaScript string is any row of 16-bit units; ours are UTF-8, and a
/// unit that is half of a pair without the other half stands as the three bytes its number would have (WTF-8).
namespace brood::detail::utf8 {

inline constexpr char32_t replacement = 0xfffd;

struct character {
  char32_t code;
  unsigned size;  ///< bytes it takes: 1 to 4
};

/// The character at the front of `text`, which is not empty. Bytes that are none give U+FFFD, as many at once as the
/// web's decoders take. Halves of pairs are characters here.
character first(std::string_view text) noexcept;

void append(std::string& to, char32_t code);

bool is_ascii(std::string_view text) noexcept;

inline bool is_half(char32_t code) noexcept { return code >= 0xd800 && code < 0xe000; }

/// Whether lone surrogates count as text.
enum class halves { refused, kept };

/// Whether it is UTF-8, or WTF-8 if halves are kept.
bool is_valid(std::string_view text, halves with = halves::refused) noexcept;
/// The same with U+FFFD for what is not.
std::string to_valid(std::string_view text, halves with = halves::refused);

}  // namespace brood::detail::utf8

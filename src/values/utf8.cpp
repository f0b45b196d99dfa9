#include "values/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace brood::detail::utf8 {
namespace {

struct sequence {
  unsigned size;            // of the whole sequence; 0: no character starts with this byte
  unsigned char low, high;  // the range of the second byte
};

/// By the first byte. The range of the second byte excludes overlong forms and numbers that are too large.
sequence started_by(unsigned char byte) noexcept {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte >= 0xe1 && byte <= 0xef) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

character first(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const sequence s = started_by(byte(0));
  if (s.size == 0) return {replacement, 1};
  if (s.size == 1) return {byte(0), 1};
  char32_t code = byte(0) & (0x7fU >> s.size);
  for (unsigned at = 1; at < s.size; ++at) {
    const unsigned char low = at == 1 ? s.low : 0x80;
    const unsigned char high = at == 1 ? s.high : 0xbf;
    if (at >= text.size() || byte(at) < low || byte(at) > high) return {replacement, at};
    code = code << 6 | (byte(at) & 0x3fU);
  }
  return {code, s.size};
}

void append(std::string& to, char32_t code) {
  const auto put = [&](char32_t bits) { to.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

bool is_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  constexpr std::size_t words = 8;  // a constant count, so that the compiler uses wide registers
  const char* at = text.data();
  std::size_t left = text.size();
  for (std::uint64_t block[words]; left >= sizeof block; left -= sizeof block, at += sizeof block) {
    std::memcpy(block, at, sizeof block);
    std::uint64_t all = 0;
    for (const std::uint64_t eight : block) all |= eight;
    if ((all & high_bits) != 0) return false;
  }
  for (; left != 0; --left, ++at) {
    if (static_cast<unsigned char>(*at) >= 0x80) return false;
  }
  return true;
}

bool is_valid(std::string_view text, halves with) noexcept {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const character c = first(text);
    // U+FFFD itself takes three bytes, and they are valid; an invalid sequence is shorter or starts differently.
    if (is_half(c.code) && with == halves::refused) return false;
    if (c.code == replacement && text.substr(0, 3) != "\xef\xbf\xbd") return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::string to_valid(std::string_view text, halves with) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const character c = first(text);
    append(result, is_half(c.code) && with == halves::refused ? replacement : c.code);
    text.remove_prefix(c.size);
  }
  return result;
}

}  // namespace brood::detail::utf8

#include "wire/json_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace brood::wire {
namespace {

namespace json = boost::json;

/// As many bytes as any processor looks at in one step; GCC's and Clang's vector extension.
using block = unsigned char __attribute__((vector_size(16)));
using half_block = unsigned char __attribute__((vector_size(8)));

bool needs_escape(char one) { return static_cast<unsigned char>(one) < ' ' || one == '"' || one == '\\'; }

template <class Block>
auto escapes_in(const Block& bytes) {
  return (bytes < ' ') | (bytes == '"') | (bytes == '\\');
}

template <class Found>
bool any(const Found& found) {
  std::uint64_t parts[sizeof found / sizeof(std::uint64_t)];
  std::memcpy(parts, &found, sizeof parts);
  std::uint64_t all = 0;
  for (const auto one : parts) all |= one;
  return all != 0;
}

template <class Block>
bool is_plain(const char* at) {
  Block bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return !any(escapes_in(bytes));
}

/// Whether what follows the first `looked_at` bytes is plain and no block more: it is looked at together with some of
/// those.
template <class Block>
bool ends_plain(std::string_view text, std::size_t looked_at) {
  return text.size() >= sizeof(Block) && text.size() - looked_at < sizeof(Block) &&
         is_plain<Block>(text.data() + text.size() - sizeof(Block));
}

/// How much of the text can be copied as it is. Looks no farther than what is still in the processor's cache when it is
/// copied.
std::size_t plain_part(std::string_view text) {
  constexpr std::size_t far_enough = 8192;
  text = text.substr(0, far_enough);
  std::size_t length = 0;
  for (block four[4]; length + sizeof four <= text.size(); length += sizeof four) {
    std::memcpy(four, text.data() + length, sizeof four);
    if (any(escapes_in(four[0]) | escapes_in(four[1]) | escapes_in(four[2]) | escapes_in(four[3]))) break;
  }
  while (length + sizeof(block) <= text.size() && is_plain<block>(text.data() + length)) length += sizeof(block);
  if (ends_plain<block>(text, length) || ends_plain<half_block>(text, length)) return text.size();
  while (length < text.size() && !needs_escape(text[length])) ++length;
  return length;
}

void append_escape(std::string& to, char one) {
  constexpr std::string_view with_letter = "\b\t\n\f\r\"\\";
  constexpr std::string_view letters = "btnfr\"\\";
  constexpr std::string_view digits = "0123456789abcdef";
  to += '\\';
  const auto at = with_letter.find(one);
  if (at != std::string_view::npos) {
    to += letters[at];
    return;
  }
  const auto code = static_cast<unsigned char>(one);
  to += "u00";
  to += digits[code >> 4];
  to += digits[code & 15];
}

void append_string(std::string& to, std::string_view text) {
  constexpr std::size_t large = 4096;  // std::string grows by doubling, and copies each time
  if (text.size() > large && to.capacity() - to.size() < text.size()) {
    to.reserve(to.size() + text.size() + text.size() / 16 + large);
  }
  to += '"';
  for (;;) {
    const std::size_t plain = plain_part(text);
    to += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (!needs_escape(text.front())) continue;
    append_escape(to, text.front());
    text.remove_prefix(1);
  }
  to += '"';
}

template <class Number>
void append_number(std::string& to, Number number) {
  char digits[32];
  to.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_double(std::string& to, double number) {
  if (!std::isfinite(number)) {
    to += "null";
  } else {
    append_number(to, number == 0 ? 0.0 : number);  // JSON.stringify(-0) is "0"
  }
}

void append_array(std::string& to, const json::array& all) {
  char before = '[';
  for (const auto& one : all) {
    to += before;
    append_json_text(to, one);
    before = ',';
  }
  to += all.empty() ? "[]" : "]";
}

void append_object(std::string& to, const json::object& all) {
  char before = '{';
  for (const auto& [key, member] : all) {
    to += before;
    append_string(to, key);
    to += ':';
    append_json_text(to, member);
    before = ',';
  }
  to += all.empty() ? "{}" : "}";
}

}  // namespace

void append_json_text(std::string& buffer, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: buffer += "null"; break;
    case json::kind::bool_: buffer += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: append_number(buffer, value.get_int64()); break;
    case json::kind::uint64: append_number(buffer, value.get_uint64()); break;
    case json::kind::double_: append_double(buffer, value.get_double()); break;
    case json::kind::string: append_string(buffer, value.get_string()); break;
    case json::kind::array: append_array(buffer, value.get_array()); break;
    case json::kind::object: append_object(buffer, value.get_object()); break;
  }
}

}  // namespace brood::wire

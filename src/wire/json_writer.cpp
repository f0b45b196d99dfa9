#include "wire/json_writer.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "values/copying.hpp"
#include "values/large_pages.hpp"
#include "values/utf8.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

/// The number of bytes that every processor handles in one step, by the vector extension of GCC and Clang.
using block = unsigned char __attribute__((vector_size(16)));
using half_block = unsigned char __attribute__((vector_size(8)));

/// The first byte of a possible lone surrogate. The characters from U+D000 to U+D7FF begin with it as well.
constexpr unsigned char surrogate_lead = 0xed;

bool may_need_escape(char one) {
  const auto byte = static_cast<unsigned char>(one);
  return byte < ' ' || byte == '"' || byte == '\\' || byte == surrogate_lead;
}

template <class Block>
auto escapes_in(const Block& bytes) {
  return (bytes < ' ') | (bytes == '"') | (bytes == '\\') | (bytes == surrogate_lead);
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

/// Whether the rest after the first `looked_at` bytes is plain. It is shorter than a block, so it is tested together
/// with some of those bytes.
template <class Block>
bool ends_plain(std::string_view text, std::size_t looked_at) {
  return text.size() >= sizeof(Block) && text.size() - looked_at < sizeof(Block) &&
         is_plain<Block>(text.data() + text.size() - sizeof(Block));
}

/// The length of the prefix that can be copied unchanged. Limited to what is still in the processor's cache when it is
/// copied, and to a size that is copied quickly.
std::size_t plain_part(std::string_view text) {
  text = text.substr(0, ordinary_copy);
  std::size_t length = 0;
  for (block four[4]; length + sizeof four <= text.size(); length += sizeof four) {
    std::memcpy(four, text.data() + length, sizeof four);
    if (any(escapes_in(four[0]) | escapes_in(four[1]) | escapes_in(four[2]) | escapes_in(four[3]))) break;
  }
  while (length + sizeof(block) <= text.size() && is_plain<block>(text.data() + length)) length += sizeof(block);
  if (ends_plain<block>(text, length) || ends_plain<half_block>(text, length)) return text.size();
  while (length < text.size() && !may_need_escape(text[length])) ++length;
  return length;
}

void append_code_unit(std::string& to, char32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) to += digits[unit >> shift & 15];
}

/// Writes the first character of a text that does not begin with a plain one. Returns its size in `text`.
std::size_t append_escaped(std::string& to, std::string_view text) {
  constexpr std::string_view with_letter = "\b\t\n\f\r\"\\";
  constexpr std::string_view letters = "btnfr\"\\";
  const utf8::character first = utf8::first(text);
  if (const auto at = with_letter.find(text.front()); at != std::string_view::npos) {
    to += '\\';
    to += letters[at];
  } else if (first.code < ' ' || utf8::is_half(first.code)) {
    append_code_unit(to, first.code);
  } else {
    to += text.substr(0, first.size);
  }
  return first.size;
}

/// A std::string grows by doubling and copies each time.
void make_room(std::string& to, std::size_t size) {
  constexpr std::size_t large = 4096;
  if (size <= large || to.capacity() - to.size() >= size) return;
  to.reserve(to.size() + size + size / 16 + large);
  prefer_large_pages(to.data(), to.capacity());
}

class writer {
 public:
  writer(std::string& to, outlet* out) : to_(to), out_(out) {}

  void write(const json::value& value) {
    switch (value.kind()) {
      case json::kind::null: to_ += "null"; break;
      case json::kind::bool_: to_ += value.get_bool() ? "true" : "false"; break;
      case json::kind::int64: write_number(value.get_int64()); break;
      case json::kind::uint64: write_number(value.get_uint64()); break;
      case json::kind::double_: write_double(value.get_double()); break;
      case json::kind::string: write_string(value.get_string()); break;
      case json::kind::array: write_array(value.get_array()); break;
      case json::kind::object: write_object(value.get_object()); break;
    }
  }

 private:
  /// Whether the outlet had no room for everything at the last attempt.
  bool waits() const { return enough_ > outlet::piece; }

  /// Passes the text to the outlet if there is enough of it.
  void relieve(std::size_t more) {
    if (out_ != nullptr && to_.size() >= enough_) let_go(more);
  }

  void let_go(std::size_t more) {
    leaving_ = true;
    out_->take(to_, more);
    enough_ = to_.size() + outlet::piece;
    if (!to_.empty()) make_room(to_, more);
  }

  /// Writes a part of a string; `more` is the size of the rest. While the outlet has room for all of it, it is copied
  /// only once.
  void write_plain(std::string_view text, std::size_t more) {
    if (leaving_ && text.size() == ordinary_copy) {
      if (!to_.empty() && !waits()) let_go(text.size() + more);
      if (to_.empty()) text.remove_prefix(out_->take_directly(text, more));
      if (text.empty()) return;
      make_room(to_, text.size() + more);
    }
    to_ += text;
    relieve(more);
  }

  void write_string(std::string_view text) {
    make_room(to_, out_ == nullptr ? text.size() : std::min(text.size(), outlet::long_text));
    to_ += '"';
    for (;;) {
      const auto plain = text.substr(0, plain_part(text));
      text.remove_prefix(plain.size());
      write_plain(plain, text.size());
      if (text.empty()) break;
      if (may_need_escape(text.front())) text.remove_prefix(append_escaped(to_, text));
    }
    to_ += '"';
  }

  template <class Number>
  void write_number(Number number) {
    char digits[32];
    to_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }

  void write_double(double number) {
    if (!std::isfinite(number)) {
      to_ += "null";
    } else {
      write_number(number == 0 ? 0.0 : number);  // JSON.stringify(-0) is "0"
    }
  }

  void write_array(const json::array& all) {
    char before = '[';
    for (const auto& one : all) {
      to_ += before;
      write(one);
      before = ',';
      relieve(0);
    }
    to_ += all.empty() ? "[]" : "]";
  }

  void write_object(const json::object& all) {
    char before = '{';
    for (const auto& [key, member] : all) {
      to_ += before;
      write_string(key);
      to_ += ':';
      write(member);
      before = ',';
      relieve(0);
    }
    to_ += all.empty() ? "{}" : "}";
  }

  std::string& to_;
  outlet* out_;
  std::size_t enough_ = outlet::long_text;  // the size at which it is passed on
  bool leaving_ = false;
};

}  // namespace

void append_json_text(std::string& buffer, const json::value& value, outlet* out) { writer(buffer, out).write(value); }

}  // namespace brood::detail::wire

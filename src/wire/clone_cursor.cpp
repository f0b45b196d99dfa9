#include "wire/clone_cursor.hpp"

#include <cstring>

#include "values/utf8.hpp"
#include "wire/clone_tags.hpp"

namespace brood::detail::wire {
namespace {

std::string from_latin1(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) utf8::append(text, static_cast<unsigned char>(c));
  return text;
}

std::string from_utf16(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  const auto unit = [&](std::size_t at) -> char32_t {
    if (at + 2 > bytes.size()) return 0;
    return static_cast<unsigned char>(bytes[at]) | static_cast<char32_t>(static_cast<unsigned char>(bytes[at + 1]))
                                                       << 8;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    char32_t code = unit(at);
    const char32_t low = unit(at + 2);
    if (code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
      at += 2;
    }
    utf8::append(text, code);
  }
  return text;
}

}  // namespace

bool clone_cursor::fail_at(clone_fault what, std::size_t at) noexcept {
  if (!error_) error_ = {what, at};
  return false;
}

bool clone_cursor::header() {
  std::uint32_t version = 0;
  if (bytes_.empty() || static_cast<unsigned char>(bytes_.front()) != tag::header) return fail(clone_fault::no_header);
  at_ = 1;
  if (!varint(version)) return false;
  return (version >= tag::oldest_version && version <= tag::newest_version) || fail(clone_fault::no_header);
}

bool clone_cursor::tag(char& found) {
  do {
    if (at_ == bytes_.size()) return fail_at(clone_fault::truncated, at_);
    found = bytes_[at_++];
  } while (found == tag::padding);
  return true;
}

bool clone_cursor::skip(char wanted) noexcept {
  const std::size_t next = bytes_.find_first_not_of(tag::padding, at_);
  if (next == std::string_view::npos || bytes_[next] != wanted) return false;
  at_ = next + 1;
  return true;
}

bool clone_cursor::varint(std::uint32_t& number) {
  std::uint64_t result = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (at_ == bytes_.size()) return fail_at(clone_fault::truncated, at_);
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    result |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      number = static_cast<std::uint32_t>(result);
      return result == number || fail(clone_fault::bad_varint);
    }
  }
  return fail(clone_fault::bad_varint);
}

bool clone_cursor::int32(std::int32_t& number) {
  std::uint32_t bits = 0;
  if (!varint(bits)) return false;
  number = static_cast<std::int32_t>(bits >> 1 ^ (0U - (bits & 1)));
  return true;
}

bool clone_cursor::raw_double(double& number) {
  std::string_view raw;
  if (!bytes(sizeof number, raw)) return false;
  std::memcpy(&number, raw.data(), sizeof number);
  return true;
}

bool clone_cursor::bytes(std::string_view& found) {
  std::uint32_t count = 0;
  return varint(count) && bytes(count, found);
}

bool clone_cursor::bytes(std::size_t count, std::string_view& found) {
  if (count > left()) return fail_at(clone_fault::truncated, bytes_.size());
  found = bytes_.substr(at_, count);
  at_ += count;
  return true;
}

bool clone_cursor::text(char tag, std::string_view& found, std::string& scratch) {
  if (tag != tag::latin1 && tag != tag::utf16 && tag != tag::utf8) return fail(clone_fault::bad_string);
  if (!bytes(found)) return false;
  if (tag == tag::utf16 && found.size() % 2 != 0) return fail(clone_fault::bad_string);
  if (tag == tag::utf16 ? found.empty() : utf8::is_ascii(found)) return true;
  if (tag == tag::utf8 && utf8::is_valid(found)) return true;
  scratch = tag == tag::utf16 ? from_utf16(found) : tag == tag::latin1 ? from_latin1(found) : utf8::to_valid(found);
  found = scratch;
  return true;
}

bool clone_cursor::text(char tag, std::string& found) {
  std::string_view seen;
  if (!text(tag, seen, found)) return false;
  if (seen.data() != found.data()) found = seen;
  return true;
}

bool clone_cursor::text(std::string& found) {
  char tag = 0;
  return this->tag(tag) && text(tag, found);
}

bool clone_cursor::bigint(js::bigint& found) {
  constexpr std::size_t digit = sizeof(std::uint64_t);
  std::uint32_t bits = 0;
  std::string_view raw;
  if (!varint(bits) || !bytes(bits >> 1, raw)) return false;
  found.digits.assign((raw.size() + digit - 1) / digit, 0);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    found.digits[i / digit] |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << i % digit * 8;
  }
  while (!found.digits.empty() && found.digits.back() == 0) found.digits.pop_back();
  found.negative = (bits & 1) != 0 && !found.digits.empty();
  return true;
}

}  // namespace brood::detail::wire

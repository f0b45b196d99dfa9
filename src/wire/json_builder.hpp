#pragma once

#include <algorithm>
#include <bit>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values/copying.hpp"
#include "values/large_pages.hpp"
#include "wire/json_text.hpp"

namespace brood::detail::wire {

/// The common part of handlers for Boost's parser: no limits of their own.
struct json_events {
  using string_view = boost::json::string_view;
  using error_code = boost::system::error_code;
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  static constexpr std::size_t deepest = deepest_json;
};

/// The handler of Boost's own parser, with two differences.
///
/// Boost converts a number with a fraction or an exponent to the nearest double or the one next to it, but a number
/// must not change on its way. And it copies a string that arrives in pieces again and again, large ones slowly
/// (values/copying.hpp); here the pieces are collected in their final place. The stack of values cannot take such a
/// string, so a NaN, which no JSON text produces, holds its place until release().
class json_builder : public json_events {
 public:
  json_builder() { made_.reset(); }

  /// Announces that the string at the end of the next piece, if any, continues for so many bytes. The number may be
  /// wrong.
  void expect(std::size_t more) noexcept { expected_ = more; }
  boost::json::value release();

  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }
  static bool on_object_begin(error_code&) { return true; }
  static bool on_array_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) { return made_.push_object(size), true; }
  bool on_array_end(std::size_t size, error_code&) { return made_.push_array(size), true; }
  bool on_key_part(string_view text, std::size_t, error_code&) { return made_.push_chars(text), true; }
  bool on_key(string_view text, std::size_t, error_code&) { return made_.push_key(text), true; }
  bool on_string_part(string_view text, std::size_t, error_code&) { return add_to_string(text), true; }
  bool on_string(string_view text, std::size_t, error_code&) {
    if (string_.empty() && text.size() < large) return made_.push_string(text), true;
    if (string_.empty()) string_.reserve(text.size());
    add_to_string(text);
    return end_string(), true;
  }
  bool on_number_part(string_view text, error_code&) { return number_.append(text.data(), text.size()), true; }
  bool on_int64(std::int64_t n, string_view, error_code&) { return number_.clear(), made_.push_int64(n), true; }
  bool on_uint64(std::uint64_t n, string_view, error_code&) { return number_.clear(), made_.push_uint64(n), true; }
  bool on_double(double n, string_view text, error_code&) { return made_.push_double(nearest(n, text)), true; }
  bool on_bool(bool truth, error_code&) { return made_.push_bool(truth), true; }
  bool on_null(error_code&) { return made_.push_null(), true; }
  static bool on_comment_part(string_view, error_code&) { return true; }
  static bool on_comment(string_view, error_code&) { return true; }

 private:
  static constexpr std::size_t default_room = 1024;  // for unfinished values; more comes from the heap
  static constexpr std::size_t large = 2 * ordinary_copy;

  void add_to_string(string_view text);
  void have_room(std::size_t size);
  void end_string();
  double nearest(double n, string_view text);
  void fill_places(boost::json::value& value);

  alignas(boost::json::value) unsigned char room_[default_room];
  boost::json::value_stack made_{boost::json::storage_ptr(), room_, default_room};
  boost::json::string string_;  // the current string so far
  std::size_t expected_ = 0;
  std::vector<boost::json::string> large_;
  std::string number_;  // the current number so far
};

/// Memory is allocated ahead, to avoid repeated copies. Until it is written to, it is only an address range, so it may
/// be large.
inline void json_builder::add_to_string(string_view text) {
  const std::size_t there = string_.size() + text.size();
  if (expected_ >= large && string_.capacity() < there + expected_) have_room(there + expected_);
  for (; text.size() > ordinary_copy; text.remove_prefix(ordinary_copy)) string_.append(text.substr(0, ordinary_copy));
  string_.append(text);
}

inline void json_builder::have_room(std::size_t size) {
  try {
    string_.reserve(size);
  } catch (const std::bad_alloc&) {  // the announced bytes may never arrive
    return;
  }
  prefer_large_pages(string_.data(), string_.capacity());
}

inline void json_builder::end_string() {
  if (string_.size() < large) {
    made_.push_string(string_);
    return string_.clear();
  }
  if (string_.capacity() / 2 > string_.size()) string_.shrink_to_fit();
  constexpr std::uint64_t quiet_nan = 0x7ff8'0000'0000'0000;
  made_.push_double(std::bit_cast<double>(quiet_nan | large_.size()));
  large_.push_back(std::exchange(string_, {}));
}

/// A number beyond the largest double stays infinite.
inline double json_builder::nearest(double n, string_view text) {
  if (!number_.empty()) {
    number_.append(text.data(), text.size());
    text = number_;
  }
  std::from_chars(text.data(), text.data() + text.size(), n);
  number_.clear();
  return n;
}

inline boost::json::value json_builder::release() {
  boost::json::value value = made_.release();
  if (!large_.empty()) fill_places(value);
  large_.clear();
  return value;
}

inline void json_builder::fill_places(boost::json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) fill_places(member.value());
  } else if (auto* array = value.if_array()) {
    for (auto& one : *array) fill_places(one);
  } else if (const auto* number = value.if_double(); number != nullptr && *number != *number) {
    value = std::move(large_[static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(*number))]);
  }
}

/// Boost's parser, accepting what Node accepts (see parse_json_text()).
class json_parser : public boost::json::basic_parser<json_builder> {
 public:
  json_parser() : basic_parser(options()) {}

  /// Parses a part of a text. `more` says whether further parts follow.
  void add(bool more, std::string_view text, boost::system::error_code& ec) {
    const std::size_t read = write_some(more, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = boost::json::error::extra_data;
  }

 private:
  static boost::json::parse_options options() {
    boost::json::parse_options result;
    result.max_depth = json_events::deepest;
    result.allow_invalid_utf8 = true;
    return result;
  }
};

}  // namespace brood::detail::wire

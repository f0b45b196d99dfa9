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

/// What json_builder and others that listen to Boost's parser have in common: no limits of their own.
struct json_events {
  using string_view = boost::json::string_view;
  using error_code = boost::system::error_code;
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  static constexpr std::size_t deepest = deepest_json;
};

/// What Boost's own parser does with what it finds, but for two things.
///
/// It makes of numbers with a fraction or an exponent the double that is nearest or the one beside it, and a number
/// shall come out as it went in. And a string that it finds in pieces it copies again and again, and a large one the
/// slow way (values/copying.hpp): here these are put together where they stay. The stack of values has no way to take
/// such a string, so a NaN, which no JSON text can make, keeps its place there until release().
class json_builder : public json_events {
 public:
  json_builder() { made_.reset(); }

  /// So many bytes will follow of the string that the next piece of text ends in, if it ends in one. Whoever says so
  /// may be wrong.
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
  static constexpr std::size_t default_room = 1024;  // for the values under way; more is taken from the heap
  static constexpr std::size_t large = 2 * ordinary_copy;

  void add_to_string(string_view text);
  void have_room(std::size_t size);
  void end_string();
  double nearest(double n, string_view text);
  void fill_places(boost::json::value& value);

  alignas(boost::json::value) unsigned char room_[default_room];
  boost::json::value_stack made_{boost::json::storage_ptr(), room_, default_room};
  boost::json::string string_;  // found so far
  std::size_t expected_ = 0;
  std::vector<boost::json::string> large_;
  std::string number_;  // the same of a number
};

/// The memory is had ahead of what comes, so as not to copy it again and again. As long as nothing is written there it
/// is but a range of addresses, so that it may be much.
inline void json_builder::add_to_string(string_view text) {
  const std::size_t there = string_.size() + text.size();
  if (expected_ >= large && string_.capacity() < there + expected_) have_room(there + expected_);
  for (; text.size() > ordinary_copy; text.remove_prefix(ordinary_copy)) string_.append(text.substr(0, ordinary_copy));
  string_.append(text);
}

inline void json_builder::have_room(std::size_t size) {
  try {
    string_.reserve(size);
  } catch (const std::bad_alloc&) {  // not for what may never come
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

/// Beyond the largest double it stays what it is: infinite.
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

/// Boost's parser, taking what Node takes (see parse_json_text()).
class json_parser : public boost::json::basic_parser<json_builder> {
 public:
  json_parser() : basic_parser(options()) {}

  /// Reads some of a text; `more` of it are to follow, or not.
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

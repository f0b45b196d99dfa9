#include "wire/json_text.hpp"

#include <algorithm>
#include <charconv>

#include "wire/json_builder.hpp"
#include "wire/json_writer.hpp"

namespace brood::wire {
namespace {

namespace json = boost::json;

/// Looks, and makes nothing.
struct onlooker : json_events {
  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }
  static bool on_object_begin(error_code&) { return true; }
  static bool on_array_begin(error_code&) { return true; }
  static bool on_object_end(std::size_t, error_code&) { return true; }
  static bool on_array_end(std::size_t, error_code&) { return true; }
  static bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  static bool on_key(string_view, std::size_t, error_code&) { return true; }
  static bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  static bool on_string(string_view, std::size_t, error_code&) { return true; }
  static bool on_number_part(string_view, error_code&) { return true; }
  static bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  static bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  static bool on_double(double, string_view, error_code&) { return true; }
  static bool on_bool(bool, error_code&) { return true; }
  static bool on_null(error_code&) { return true; }
  static bool on_comment_part(string_view, error_code&) { return true; }
  static bool on_comment(string_view, error_code&) { return true; }
};

json::value parse(std::string_view text, boost::system::error_code& ec) {
  json_parser parser;
  parser.add(false, text, ec);
  return ec ? json::value() : parser.handler().release();
}

/// The code unit of the `\uXXXX` at `at`; 0 where there is none.
unsigned code_unit(std::string_view text, std::size_t at) {
  unsigned value = 0;
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return 0;
  const char* end = text.data() + at + 6;
  return std::from_chars(text.data() + at + 2, end, value, 16).ptr == end ? value : 0;
}

bool is_high(unsigned unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(unsigned unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// The text with each surrogate that has no partner made a `\ufffd`.
std::string without_lone_surrogates(std::string_view text) {
  std::string result(text);
  for (auto at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const unsigned unit = code_unit(text, at);
    const bool pair = is_high(unit) && is_low(code_unit(text, at + 6));
    if (!pair && (is_high(unit) || is_low(unit))) result.replace(at, 6, "\\ufffd");
    at += pair ? 12 : 2;
  }
  return result;
}

}  // namespace

bool nested_deeper(const json::value& value, std::size_t levels) noexcept {
  if (const auto* object = value.if_object()) {
    return levels == 0 || std::any_of(object->begin(), object->end(), [&](const auto& member) {
             return member.value().is_structured() && nested_deeper(member.value(), levels - 1);
           });
  }
  if (const auto* array = value.if_array()) {
    return levels == 0 || std::any_of(array->begin(), array->end(), [&](const auto& one) {
             return one.is_structured() && nested_deeper(one, levels - 1);
           });
  }
  return false;
}

std::string to_json_text(const json::value& value) {
  std::string text;
  append_json_text(text, value);
  return text;
}

json::value parse_json_text(std::string_view text, boost::system::error_code& ec) {
  json::value value = parse(text, ec);
  if (!ec) return value;  // made where the caller wants it: whatever comes here must not return another
  if (const std::string mended = without_lone_surrogates(text); mended != text) value = parse(mended, ec);
  return value;
}

bool is_json_text(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_events::deepest;
  json::basic_parser<onlooker> parser(options);
  boost::system::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  return !ec && read == text.size();
}

}  // namespace brood::wire

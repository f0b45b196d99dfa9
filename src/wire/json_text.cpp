#include "wire/json_text.hpp"

#include <algorithm>

#include "wire/json_builder.hpp"
#include "wire/json_parts.hpp"
#include "wire/json_writer.hpp"
#include "wire/surrogate_filter.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

/// Validates without creating values.
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

json::value parse_with_lone_surrogates(std::string_view text, boost::system::error_code& ec) {
  json_parts parts;
  parts.add(text, 0, ec);
  return ec ? json::value() : parts.end(ec);
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
  if (ec) value = parse_with_lone_surrogates(text, ec);  // almost no text has them
  return value;
}

bool is_json_text(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_events::deepest;
  json::basic_parser<onlooker> parser(options);
  boost::system::error_code ec;
  const auto look = [&](std::string_view piece) {
    if (!ec && parser.write_some(true, piece.data(), piece.size(), ec) < piece.size()) ec = json::error::extra_data;
  };
  // inside strings they are replaced; anywhere else they remain invalid
  surrogate_filter().add(text, true, look, [&](char32_t) { look("\\ufffd"); });
  if (!ec) parser.write_some(false, "", 0, ec);
  return !ec;
}

}  // namespace brood::detail::wire

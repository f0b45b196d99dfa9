#include "wire/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

namespace brood::wire {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 3000;

bool expressible(const json::value& value) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const json::array* array = value.if_array()) {
    for (const auto& element : *array) {
      if (!expressible(element)) return false;
    }
  }
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      if (!expressible(member)) return false;
    }
  }
  return true;
}

void make_expressible(json::value& value) {
  if (const double* number = value.if_double(); number != nullptr && !std::isfinite(*number)) value = nullptr;
  if (json::array* array = value.if_array()) {
    for (auto& element : *array) make_expressible(element);
  }
  if (json::object* object = value.if_object()) {
    for (auto& member : *object) make_expressible(member.value());
  }
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

std::string to_json_text(const json::value& value) {
  if (expressible(value)) return json::serialize(value);
  json::value copy = value;
  make_expressible(copy);
  return json::serialize(copy);
}

json::value parse_json_text(std::string_view text, boost::system::error_code& ec) {
  json::parse_options options;
  options.max_depth = deepest;
  options.allow_invalid_utf8 = true;
  json::value value = json::parse(text, ec, {}, options);
  if (!ec) return value;
  const std::string mended = without_lone_surrogates(text);
  return mended == text ? value : json::parse(mended, ec, {}, options);
}

}  // namespace brood::wire

#include "wire/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace brood::wire {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 1000;

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
  return json::parse(text, ec, {}, options);
}

}  // namespace brood::wire

#pragma once

#include <boost/json/parse.hpp>
#include <brood/js.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

/// What interop_peer sends and expects back, the same as in tests/interop/peer.cjs.
namespace interop {

namespace js = brood::js;
using brood::value;

struct named {
  std::string name;
  value content;
};

inline value cycle() {
  value all = js::object{};
  (*all.get_if<js::object>())["list"] = js::array{1, value::link(all)};
  return all;
}

inline std::string floats(double a, double b) {
  const double all[] = {a, b};
  return {reinterpret_cast<const char*>(all), sizeof all};
}

inline std::vector<named> values(bool advanced) {
  std::ifstream file(std::getenv("BROOD_INTEROP_VALUES"));
  const boost::json::value plain = boost::json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  std::vector<named> all;
  for (const auto& [name, content] : plain.as_object()) all.push_back({name, brood::from_json(content)});
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "\u20ac";
  all.push_back({"long text", text});
  if (!advanced) return all;
  js::bigint large{1};
  large.negative = true;
  large.digits = {0, 64};
  using element = js::typed_array::element;
  all.push_back({"undefined", js::array{value(), js::object{{"a", value()}}}});
  all.push_back({"odd numbers", js::array{-0.0, std::nan(""), HUGE_VAL}});
  all.push_back({"BigInt", js::array{js::bigint(0), js::bigint(123), large}});
  all.push_back({"Date", js::date{86400000}});
  all.push_back({"RegExp", js::regexp("a+", js::regexp::global | js::regexp::ignore_case | js::regexp::unicode)});
  all.push_back({"Map", js::map{{1, "one"}, {"list", js::array{}}}});
  all.push_back({"Set", js::set{"a", 2}});
  all.push_back({"hole", js::array{1, value::hole(), 3}});
  all.push_back({"boxed", js::array{js::boxed(true), js::boxed(3), js::boxed("text")}});
  all.push_back({"ArrayBuffer", js::array_buffer("\1\2\3")});
  all.push_back({"Float64Array", js::typed_array(element::float64, floats(1.5, -2))});
  all.push_back({"Buffer", js::buffer("bytes")});
  all.push_back({"Error", js::error("no", js::error::prototype::type)});
  all.push_back({"cycle", cycle()});
  const value shared = js::object{};
  all.push_back({"shared", js::array{shared, shared}});
  return all;
}

inline std::vector<named> error_with_cause() {
  js::error far("far", js::error::prototype::range);
  far.cause = js::object{{"code", 5}};
  return {{"Error with a cause", far}};
}

/// Errors come back with a stack, which is the receiver's own where it was sent without.
inline bool same_error(const js::error& sent, const js::error& seen) {
  return sent.of_type == seen.of_type && sent.message == seen.message && sent.cause == seen.cause;
}

inline bool same(const named& sent, const value& seen) {
  if (const auto* error = sent.content.get_if<js::error>()) {
    return seen.get_if<js::error>() != nullptr && same_error(*error, *seen.get_if<js::error>());
  }
  if (sent.name == "cycle" || sent.name == "shared") {
    const value* list = sent.name == "cycle" ? seen.find("list") : &seen;
    const auto* elements = list != nullptr ? list->get_if<js::array>() : nullptr;
    if (elements == nullptr || elements->length() != 2) return false;
    const value& first = sent.name == "cycle" ? seen : elements->elements[0];
    return first.thing() != nullptr && elements->elements[1].thing() == first.thing();
  }
  return sent.content == seen;
}

}  // namespace interop

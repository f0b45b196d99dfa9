#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "brood/js.hpp"
#include "brood/value.hpp"
#include "values/iso_date.hpp"
#include "values/utf8.hpp"

namespace brood {
namespace {

namespace json = boost::json;
using kind = value::kind;
using element = js::typed_array::element;

constexpr std::size_t deepest = 3000;
constexpr std::size_t max_values = 16UL * 1024 * 1024;
constexpr std::size_t max_repeated = 256UL * 1024;
constexpr double exact = 9007199254740992;  // 2^53: up to here a double represents every integer

json::value number(double n) {
  if (n == std::trunc(n) && std::abs(n) <= exact) return static_cast<std::int64_t>(n);
  return n;
}

json::string text(const std::string& from) {
  if (detail::utf8::is_valid(from, detail::utf8::halves::kept)) return json::string(from);
  return json::string(detail::utf8::to_valid(from, detail::utf8::halves::kept));
}

template <class T>
json::value number_at(const std::string& bytes, std::size_t index) {
  T n;
  std::memcpy(&n, bytes.data() + index * sizeof n, sizeof n);
  return std::isfinite(static_cast<double>(n)) ? number(static_cast<double>(n)) : json::value();
}

double half_float(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) return NAN;  // or infinite: JSON has neither
  return (bits >> 15) != 0 ? -size : size;
}

json::value element_at(const js::typed_array& of, std::size_t index) {
  switch (of.of) {
    case element::int8: return number_at<std::int8_t>(of.bytes, index);
    case element::int16: return number_at<std::int16_t>(of.bytes, index);
    case element::uint16: return number_at<std::uint16_t>(of.bytes, index);
    case element::int32: return number_at<std::int32_t>(of.bytes, index);
    case element::uint32: return number_at<std::uint32_t>(of.bytes, index);
    case element::float32: return number_at<float>(of.bytes, index);
    case element::float64: return number_at<double>(of.bytes, index);
    case element::float16: {
      std::uint16_t bits;
      std::memcpy(&bits, of.bytes.data() + index * sizeof bits, sizeof bits);
      const double n = half_float(bits);
      return std::isfinite(n) ? number(n) : json::value();
    }
    default: return number_at<std::uint8_t>(of.bytes, index);
  }
}

/// Converts a value to JSON, either as JSON.stringify, which may fail, or as far as possible.
class converter {
 public:
  explicit converter(bool as_far_as_it_goes) : lenient_(as_far_as_it_goes) {}

  /// Returns false on failure. `absent` is set for undefined.
  bool convert(const value& from, json::value& to, bool& absent) {
    absent = false;
    if (!lenient_ && (++values_ > max_values || (again_ != 0 && ++repeated_ > max_repeated))) return false;
    switch (from.type()) {
      case kind::undefined:
      case kind::hole: absent = true; return true;
      case kind::null: return true;
      case kind::boolean: to = *from.get_if<bool>(); return true;
      case kind::number: {
        const double n = *from.get_if<double>();
        if (lenient_ && n == 0)
          to = std::signbit(n) ? json::value(n) : json::value(0);
        else if (std::isfinite(n))
          to = number(n);
        return true;
      }
      case kind::string: to = text(*from.get_if<std::string>()); return true;
      case kind::bigint: return lenient_;
      default: return convert_thing(from, to, absent);
    }
  }

 private:
  bool convert_thing(const value& from, json::value& to, bool& absent) {
    if (depth_ == deepest) return lenient_;
    if (!from.is_shared()) return one_deeper(from, to, absent);
    const auto [met, is_new] = met_.emplace(from.thing(), true);
    // JSON.stringify rejects only cycles. The view shows each object once, because a few shared objects could become
    // millions of values.
    if (!is_new && (lenient_ || met->second)) return lenient_;
    met_[from.thing()] = true;
    again_ += is_new ? 0 : 1;
    const bool done = one_deeper(from, to, absent);
    again_ -= is_new ? 0 : 1;
    met_[from.thing()] = false;
    return done;
  }

  bool one_deeper(const value& from, json::value& to, bool& absent) {
    ++depth_;
    const bool done = convert_by_kind(from, to, absent);
    --depth_;
    return done;
  }

  bool convert_by_kind(const value& from, json::value& to, bool& absent) {
    switch (from.type()) {
      case kind::object: return members(*from.get_if<js::object>(), to);
      case kind::array: return elements(*from.get_if<js::array>(), to);
      case kind::boxed: return convert(from.get_if<js::boxed>()->primitive, to, absent);
      case kind::date:
        if (auto iso = iso_text(from.get_if<js::date>()->milliseconds)) to = *iso;
        return true;
      case kind::typed_array: return lenient_ || bytes(*from.get_if<js::typed_array>(), to);
      default:
        if (!lenient_) to = json::object();
        return true;
    }
  }

  bool members(const js::object& from, json::value& to) {
    json::object& made = to.emplace_object();
    for (const auto& [key, member] : from) {
      json::value v;
      bool absent = false;
      if (!convert(member, v, absent)) return false;
      if (!absent) made.insert_or_assign(text(key), std::move(v));
    }
    return true;
  }

  bool elements(const js::array& from, json::value& to) {
    json::array& made = to.emplace_array();
    // An array of four billion holes is a few bytes on the wire.
    constexpr std::size_t holes_shown = 16;
    const std::size_t all = from.length();
    const std::size_t length = lenient_ ? std::min(all, from.elements.size() + holes_shown) : all;
    if (length > max_values && !lenient_) return false;
    static const value hole = value::hole();
    for (std::size_t i = 0; i < length; ++i) {
      const value* there = from.find(static_cast<std::uint32_t>(i));
      json::value v;
      bool absent = false;
      if (!convert(there != nullptr ? *there : hole, v, absent)) return false;
      made.push_back(std::move(v));
    }
    return true;
  }

  bool bytes(const js::typed_array& from, json::value& to) {
    const std::size_t count = from.bytes.size() / js::size_of(from.of);
    values_ += count;
    if (values_ > max_values) return false;
    json::object& made = to.emplace_object();
    if (from.of == element::data_view) return true;
    if (from.of == element::bigint64 || from.of == element::biguint64) return count == 0;
    if (from.of == element::buffer) {
      made["type"] = "Buffer";
      json::array& data = made["data"].emplace_array();
      data.reserve(count);
      for (const char c : from.bytes) data.push_back(static_cast<unsigned char>(c));
      return true;
    }
    made.reserve(count);
    for (std::size_t i = 0; i < count; ++i) made[std::to_string(i)] = element_at(from, i);
    return true;
  }

  const bool lenient_;
  std::size_t values_ = 0;
  std::size_t depth_ = 0;
  std::size_t again_ = 0;                          // how many of the enclosing objects occurred before
  std::size_t repeated_ = 0;                       // values inside such objects
  std::unordered_map<const js::node*, bool> met_;  // object -> whether it encloses the current value
};

}  // namespace

value from_json(const json::value& from) {
  switch (from.kind()) {
    case json::kind::null: return nullptr;
    case json::kind::bool_: return from.get_bool();
    case json::kind::int64: return from.get_int64();
    case json::kind::uint64: return from.get_uint64();
    case json::kind::double_: return from.get_double();
    case json::kind::string: return std::string_view(from.get_string());
    case json::kind::array: {
      js::array made;
      made.elements.reserve(from.get_array().size());
      for (const auto& one : from.get_array()) made.elements.push_back(from_json(one));
      return made;
    }
    case json::kind::object: break;
  }
  js::object made;
  for (const auto& [key, member] : from.get_object()) made.add(std::string(key), from_json(member));
  return made;
}

boost::system::result<json::value> to_json(const value& from) {
  json::value made;
  bool absent = false;
  if (!converter(false).convert(from, made, absent) || absent) return make_error_code(errc::not_serializable);
  return made;
}

json::value json_view(const value& from) {
  json::value made;
  bool absent = false;
  converter(true).convert(from, made, absent);
  return made;
}

}  // namespace brood

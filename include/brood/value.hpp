#pragma once

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "brood/error.hpp"

namespace brood {

class value;

namespace js {

struct node;

/// An integer of any size: `number & -1`, as JavaScript's 5n. The least significant digit stands first, and the last
/// one is not 0; zero has none and is not negative.
struct bigint {
  bigint() = default;
  template <std::integral T>
  explicit bigint(T number) : negative(number < 0) {
    const auto bits = static_cast<std::uint64_t>(number);
    if (number != 0) digits.push_back(negative ? ~bits + 1 : bits);
  }

  bool negative = false;
  std::vector<std::uint64_t> digits{};

  friend bool operator==(const bigint&, const bigint&) = default;
};

/// What a value can be made of without more ado.
template <class T>
concept number = !std::same_as<T, bool> && (std::integral<T> || std::floating_point<T>);
template <class T>
concept text = std::convertible_to<T, std::string_view> && !std::same_as<std::decay_t<T>, value>;

/// What is in brood/js.hpp: all that has an identity in JavaScript.
template <class T>
concept thing = std::derived_from<T, node>;

}  // namespace js

/// Any value that one JavaScript program can send to another (the structured clone algorithm): what a channel in the
/// advanced serialization carries, and more than JSON can hold. brood/js.hpp has the kinds that are not primitive.
///
/// As in JavaScript, undefined, null, booleans, numbers, strings and BigInts are copied and compared by what they are,
/// all else is shared: a copy of a value that holds an object holds the same object, so one object may stand in several
/// places of a message, and arrives as one. Objects are owned by the values that hold them; a cycle is closed with
/// link(), which does not own. So whoever holds the top of a graph holds all of it, and dropping that frees all of it.
///
/// Strings are UTF-8. Half of a surrogate pair, which a JavaScript string may hold, stands as three bytes of its own
/// (WTF-8): "\xed\xa0\xbd" is JavaScript's '\ud83d'. This holds in both serializations, for to_json and for json_view.
/// Different threads may use different values, also where these share objects that nobody changes.
class value {
 public:
  enum class kind : std::uint8_t {
    undefined,
    null,
    hole,  ///< inside arrays only: an element that is not there
    boolean,
    number,
    string,
    bigint,
    object,
    array,
    map,
    set,
    date,
    regexp,
    error,
    boxed,
    array_buffer,
    typed_array,
  };

  value() noexcept = default;  ///< undefined
  value(std::nullptr_t) noexcept : data_(null_type{}) {}
  template <std::same_as<bool> T>
  value(T truth) noexcept : data_(truth) {}
  /// A number, a double as all of them: integers beyond 2^53 are rounded, as JavaScript does when it reads them.
  template <js::number T>
  value(T number) noexcept : data_(static_cast<double>(number)) {}
  template <js::text T>
  value(T&& text) : data_(std::in_place_type<std::string>, std::forward<T>(text)) {}
  value(js::bigint number) : data_(std::move(number)) {}
  template <js::thing T>
  value(T thing) : data_(shared(std::make_shared<T>(std::move(thing)))) {}
  template <js::thing T>
  value(std::shared_ptr<T> thing) : data_(shared(std::move(thing))) {}

  static value hole() noexcept;
  /// The object that `other` holds, without owning it: for what points back to something that holds it. Undefined
  /// once nobody owns the object. Of a primitive, a copy.
  static value link(const value& other);

  kind type() const noexcept;
  bool is_undefined() const noexcept { return type() == kind::undefined; }

  /// `get_if<double>()`, `get_if<std::string>()`, `get_if<js::map>()`: what it holds, or nullptr where that is
  /// something else. What a link leads to is valid as long as its owner is.
  template <class T>
  T* get_if() noexcept {
    return const_cast<T*>(std::as_const(*this).template get_if<T>());
  }
  template <class T>
  const T* get_if() const noexcept {
    if constexpr (js::thing<T>) {
      return type() == T::type ? static_cast<const T*>(thing()) : nullptr;
    } else {
      return std::get_if<T>(&data_);
    }
  }
  /// The member of that name, where this is an object and has one.
  const value* find(std::string_view key) const noexcept;

  /// The object it holds, as owner or as link; nullptr for primitives. Two values are the same object where this is
  /// the same.
  const js::node* thing() const noexcept;
  /// Whether that object may stand in a second place: another value owns it, or links to it.
  bool is_shared() const noexcept;

  /// Whether two values look the same: the rule of Node's util.isDeepStrictEqual, except that the order of Maps and
  /// Sets counts. So NaN is itself, 0 is not -0, the order of members does not matter, nor does it matter whether an
  /// object stands in two places or two that look the same do. Takes time in proportion to the values, cycles
  /// included.
  friend bool operator==(const value& a, const value& b);

 private:
  struct null_type {};
  struct hole_type {};
  using shared = std::shared_ptr<js::node>;
  using linked = std::weak_ptr<js::node>;

  // In the order of `kind`, as far as the primitives go.
  std::variant<std::monostate, null_type, hole_type, bool, double, std::string, js::bigint, shared, linked> data_{};
};

/// What JSON.parse would give: each number a double, each object one of its own.
value from_json(const boost::json::value& json);

/// What send() takes as a value: one, or what one is made of. A boost::json::value cannot be made of a std::string.
template <class T>
concept value_like = std::same_as<T, value> || js::thing<T> || std::same_as<T, js::bigint> ||
    std::same_as<T, std::string> || std::same_as<T, std::string_view>;

/// What JSON.stringify makes of it, as a Node program would send it in the json serialization: undefined members are
/// left out, undefined elements and numbers that are not finite are null, a Date is its text, a Map `{}`, a Buffer
/// `{"type":"Buffer","data":[...]}`. Error: errc::not_serializable for undefined itself, a BigInt, a cycle, and for
/// what is nested deeper than 3,000 levels or would grow too large: beyond 16 million values, or a quarter of a million
/// that are there only because an object stands in several places.
boost::system::result<boost::json::value> to_json(const value& from);

/// As much as JSON can hold: like to_json, but never fails and never grows. Null stands for what has no form in JSON,
/// and for an object in its second place and any further.
boost::json::value json_view(const value& from);

}  // namespace brood

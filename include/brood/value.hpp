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

/// An integer of any size, as JavaScript's 5n. The least significant digit comes first and the last one is not 0. Zero
/// has no digits and is not negative.
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

/// Types that convert to a value implicitly.
template <class T>
concept number = !std::same_as<T, bool> && (std::integral<T> || std::floating_point<T>);
template <class T>
concept text = std::convertible_to<T, std::string_view> && !std::same_as<std::decay_t<T>, value>;

/// The types of brood/js.hpp: everything that has an identity in JavaScript.
template <class T>
concept thing = std::derived_from<T, node>;

}  // namespace js

/// Any value that one JavaScript program can send to another (the structured clone algorithm). A channel in the
/// advanced serialization carries it; JSON can hold less. brood/js.hpp has the types that are not primitive.
///
/// As in JavaScript, undefined, null, booleans, numbers, strings and BigInts are copied and compared by value.
/// Everything else is shared: a copy of a value that holds an object holds the same object. One object may therefore
/// stand in several places of a message, and arrives as one object. Values own their objects. To close a cycle use
/// link(), which does not own. The owner of the top of a graph owns all of it.
///
/// Strings are UTF-8. Half of a surrogate pair, which a JavaScript string may contain, is encoded as three bytes
/// (WTF-8): "\xed\xa0\xbd" is JavaScript's '\ud83d'. This holds in both serializations, for to_json and for json_view.
///
/// Thread safety: different threads may use different values, even if these share objects that no thread changes.
class value {
 public:
  enum class kind : std::uint8_t {
    undefined,
    null,
    hole,  ///< only inside arrays: a missing element
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
  /// A number. All numbers are doubles: an integer beyond 2^53 is rounded, as in JavaScript.
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
  /// Refers to the object that `other` holds without owning it, for a reference back to an owner. Undefined after the
  /// last owner is destroyed. For a primitive it is a copy.
  static value link(const value& other);

  kind type() const noexcept;
  bool is_undefined() const noexcept { return type() == kind::undefined; }

  /// `get_if<double>()`, `get_if<std::string>()`, `get_if<js::map>()`: a pointer to the content, or nullptr if it has
  /// another type. The target of a link is valid as long as its owner exists.
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
  /// The member of that name, or nullptr if this is not an object or has no such member.
  const value* find(std::string_view key) const noexcept;

  /// The object that this value owns or links to; nullptr for primitives. Two values refer to the same object if this
  /// pointer is equal.
  const js::node* thing() const noexcept;
  /// Whether this object may occur in a second place: another value owns it, or a link to it was made.
  bool is_shared() const noexcept;

  /// Whether two values are deeply equal: the rule of Node's util.isDeepStrictEqual, except that the order of Maps and
  /// Sets counts. NaN equals itself and 0 differs from -0. The order of members does not count, nor whether an object
  /// stands in two places or two equal objects do. The time is proportional to the size of the values, cycles included.
  friend bool operator==(const value& a, const value& b);

 private:
  struct null_type {};
  struct hole_type {};
  using shared = std::shared_ptr<js::node>;
  using linked = std::weak_ptr<js::node>;

  // The primitives come in the order of `kind`.
  std::variant<std::monostate, null_type, hole_type, bool, double, std::string, js::bigint, shared, linked> data_{};
};

/// The result of JSON.parse: each number a double, each object a distinct one.
value from_json(const boost::json::value& json);

/// Types that send() accepts as a value: a value, or a type that converts to one. A boost::json::value does not convert
/// to std::string.
template <class T>
concept value_like = std::same_as<T, value> || js::thing<T> || std::same_as<T, js::bigint> ||
    std::same_as<T, std::string> || std::same_as<T, std::string_view>;

/// The result of JSON.stringify, as a Node program would send it in the json serialization. Undefined members are left
/// out; undefined elements and numbers that are not finite are null; a Date is its text, a Map `{}`, a Buffer
/// `{"type":"Buffer","data":[...]}`.
/// Errors: errc::not_serializable for undefined itself, a BigInt or a cycle, for a value nested deeper than 3,000
/// levels, and for a result that is too large. The limits are 16 million values, and a quarter of a million values that
/// are repeated because an object stands in several places.
boost::system::result<boost::json::value> to_json(const value& from);

/// The part that JSON can represent: like to_json, but it never fails and never repeats. Null replaces a value that
/// JSON cannot represent, and an object in its second and every further place.
boost::json::value json_view(const value& from);

}  // namespace brood

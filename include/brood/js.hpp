#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brood/value.hpp"

/// The kinds of JavaScript's values that have an identity. Each goes into a brood::value as it is:
///
///     brood::value v = brood::js::object{{"when", brood::js::date{0}}, {"data", brood::js::buffer("hi")}};
///     if (const auto* data = v.find("data")->get_if<brood::js::typed_array>()) use(data->bytes);
namespace brood::js {

/// What they have in common: which one it is, and whether a link leads to it.
struct node {
  value::kind what;
  bool linked = false;

 protected:
  explicit node(value::kind which) noexcept : what(which) {}
  node(const node& other) noexcept : what(other.what) {}
  node(node&& other) noexcept : what(other.what) {}
  node& operator=(const node&) noexcept { return *this; }
  ~node() = default;
};

/// Members by name, in the order they were added. Finding one takes constant time.
class object : public node {
 public:
  static constexpr auto type = value::kind::object;
  struct member {
    std::string key;
    brood::value value;
  };

  object() noexcept : node(type) {}
  object(std::initializer_list<member> members);

  std::size_t size() const noexcept { return members_.size(); }
  bool empty() const noexcept { return members_.empty(); }
  const member* begin() const noexcept { return members_.data(); }
  const member* end() const noexcept { return members_.data() + members_.size(); }

  const value* find(std::string_view key) const noexcept;
  value* find(std::string_view key) noexcept { return const_cast<value*>(std::as_const(*this).find(key)); }
  /// Adds a member that is undefined where there is none of that name.
  value& operator[](std::string_view key);
  /// False, and nothing changed, where there is one of that name.
  bool add(std::string key, value v);

 private:
  std::size_t slot_of(std::string_view key) const noexcept;
  void index_all();

  std::vector<member> members_;
  std::vector<std::uint32_t> table_;  // open addressing: 1 + the place of a member, 0 is free; empty while few
  std::uint64_t salt_ = 0;
};

/// The number that a name stands for where it is that of an array's element ("0", "17"); JavaScript's rule: digits, no
/// leading zero, at most 2^32 - 2.
std::optional<std::uint32_t> to_index(std::string_view name) noexcept;

/// Elements, which may be holes, and what else hangs on an array. Made by hand, the elements are all in `elements`.
class array : public node {
 public:
  static constexpr auto type = value::kind::array;

  array() noexcept : node(type) {}
  array(std::initializer_list<value> all) : node(type), elements(all) {}
  explicit array(std::vector<value> all) noexcept : node(type), elements(std::move(all)) {}

  std::vector<value> elements{};
  /// By name. Elements so far out that they are not kept in line are here as well ("1000000"); add() puts them.
  object properties{};

  /// JavaScript's `length`.
  std::uint32_t length() const noexcept;
  /// Makes it longer, without elements there.
  void set_length(std::uint32_t to) noexcept { length_ = to; }
  /// The element, or nullptr for a hole.
  const value* find(std::uint32_t index) const noexcept;
  /// Puts an element where there is none; false, and nothing changed, where there is. Takes memory for what it holds,
  /// not for the holes in between.
  bool add(std::uint32_t index, value v);
  /// How many elements there are, holes not counted.
  std::size_t count() const noexcept;

 private:
  std::uint32_t length_ = 0;
  std::size_t added_ = 0;
};

/// Keys of any kind; the entries in their order.
struct map : node {
  static constexpr auto type = value::kind::map;
  using entry = std::pair<value, value>;
  map() noexcept : node(type) {}
  map(std::initializer_list<entry> all) : node(type), entries(all) {}
  std::vector<entry> entries{};
};

struct set : node {
  static constexpr auto type = value::kind::set;
  set() noexcept : node(type) {}
  set(std::initializer_list<value> all) : node(type), entries(all) {}
  std::vector<value> entries{};
};

struct date : node {
  static constexpr auto type = value::kind::date;
  /// Milliseconds since 1970 in UTC; NaN is JavaScript's invalid date.
  explicit date(double since_epoch) noexcept : node(type), milliseconds(since_epoch) {}
  double milliseconds;
};

struct regexp : node {
  static constexpr auto type = value::kind::regexp;
  enum flag : std::uint32_t {
    global = 1,
    ignore_case = 2,
    multiline = 4,
    sticky = 8,
    unicode = 16,
    dot_all = 32,
    has_indices = 128,
    unicode_sets = 256
  };
  /// Flags that JavaScript does not know (is_flags) cannot be sent; whether it takes the pattern is known only there.
  explicit regexp(std::string pattern, std::uint32_t with = 0) : node(type), source(std::move(pattern)), flags(with) {}
  std::string source;
  std::uint32_t flags;
};

/// What travels of an Error: own properties (`code`) do not.
struct error : node {
  static constexpr auto type = value::kind::error;
  enum class prototype : std::uint8_t { error, eval, range, reference, syntax, type, uri };
  error() noexcept : node(type) {}
  explicit error(std::string text, prototype of = prototype::error)
      : node(type), of_type(of), message(std::move(text)) {}
  prototype of_type = prototype::error;
  std::optional<std::string> message{};
  std::optional<std::string> stack{};
  std::optional<value> cause{};
};

/// `new Boolean(true)` and its like: an object around a boolean, a number, a string or a BigInt.
struct boxed : node {
  static constexpr auto type = value::kind::boxed;
  explicit boxed(value inside) : node(type), primitive(std::move(inside)) {}
  value primitive;
};

struct array_buffer : node {
  static constexpr auto type = value::kind::array_buffer;
  explicit array_buffer(std::string content = {}) : node(type), bytes(std::move(content)) {}
  std::string bytes;
  std::optional<std::size_t> max_length{};  ///< of one that can be resized
};

/// A view on memory: Node's Buffer, Float64Array and the like, with just the bytes that are seen through it, in the
/// byte order of the machine. The numbers of its kinds are Node's.
struct typed_array : node {
  static constexpr auto type = value::kind::typed_array;
  enum class element : std::uint8_t {
    int8,
    uint8,
    uint8_clamped,
    int16,
    uint16,
    int32,
    uint32,
    float32,
    float64,
    data_view,
    buffer,
    bigint64,
    biguint64,
    float16  ///< from Node 24 on; older ones throw when they get it
  };
  explicit typed_array(element which, std::string content = {}) : node(type), of(which), bytes(std::move(content)) {}
  element of;
  std::string bytes;  ///< whole elements (size_of), or it cannot be sent
};

/// Bytes as Node's Buffer.
inline typed_array buffer(std::string bytes) { return typed_array(typed_array::element::buffer, std::move(bytes)); }

/// How many bytes one element takes.
std::size_t size_of(typed_array::element) noexcept;
/// Whether these are flags of a regexp: none that is unknown, and not both of `u` and `v`.
bool is_flags(std::uint32_t) noexcept;

}  // namespace brood::js

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

/// The types of JavaScript's values that have an identity. Each converts to a brood::value:
///
///     brood::value v = brood::js::object{{"when", brood::js::date{0}}, {"data", brood::js::buffer("hi")}};
///     if (const auto* data = v.find("data")->get_if<brood::js::typed_array>()) use(data->bytes);
namespace brood::js {

/// The base of all of them: its type, and whether a link refers to it.
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
  /// Adds an undefined member if there is none of that name.
  value& operator[](std::string_view key);
  /// Adds a member. Returns false and changes nothing if there is one of that name.
  bool add(std::string key, value v);

 private:
  std::size_t slot_of(std::string_view key) const noexcept;
  void index_all();

  std::vector<member> members_;
  std::vector<std::uint32_t> table_;  // open addressing: 1 + the index of a member, 0 is free; empty for few members
  std::uint64_t salt_ = 0;
};

/// The array index that a name stands for ("0", "17"), by JavaScript's rule: digits without leading zeros, at most 2^32
/// - 2.
std::optional<std::uint32_t> to_index(std::string_view name) noexcept;

/// Elements, which may be holes, and the other properties of an array. In an array made by the program, all elements
/// are in `elements`.
class array : public node {
 public:
  static constexpr auto type = value::kind::array;

  array() noexcept : node(type) {}
  array(std::initializer_list<value> all) : node(type), elements(all) {}
  explicit array(std::vector<value> all) noexcept : node(type), elements(std::move(all)) {}

  std::vector<value> elements{};
  /// Properties by name. add() also puts elements here whose index is too large for `elements` ("1000000").
  object properties{};

  /// JavaScript's `length`.
  std::uint32_t length() const noexcept;
  /// Makes it longer without adding elements.
  void set_length(std::uint32_t to) noexcept { length_ = to; }
  /// The element, or nullptr for a hole.
  const value* find(std::uint32_t index) const noexcept;
  /// Adds an element. Returns false and changes nothing if there is one at that index. The memory depends on the
  /// elements, not on the holes between them.
  bool add(std::uint32_t index, value v);
  /// The number of elements, without holes.
  std::size_t count() const noexcept;

 private:
  std::uint32_t length_ = 0;
  std::size_t added_ = 0;
};

/// Keys of any type; the entries in their order.
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
  /// Flags that JavaScript does not know (is_flags) cannot be sent. Only the peer can check the pattern.
  explicit regexp(std::string pattern, std::uint32_t with = 0) : node(type), source(std::move(pattern)), flags(with) {}
  std::string source;
  std::uint32_t flags;
};

/// The parts of an Error that are sent. Own properties such as `code` are not.
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

/// `new Boolean(true)` and the like: an object around a boolean, a number, a string or a BigInt.
struct boxed : node {
  static constexpr auto type = value::kind::boxed;
  explicit boxed(value inside) : node(type), primitive(std::move(inside)) {}
  value primitive;
};

struct array_buffer : node {
  static constexpr auto type = value::kind::array_buffer;
  explicit array_buffer(std::string content = {}) : node(type), bytes(std::move(content)) {}
  std::string bytes;
  std::optional<std::size_t> max_length{};  ///< if it can be resized
};

/// A view of memory: Node's Buffer, Float64Array and the like, with only the bytes that the view covers, in the
/// machine's byte order. The numbers of its types are Node's.
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
    float16  ///< from Node 24 on; older versions throw when they receive it
  };
  explicit typed_array(element which, std::string content = {}) : node(type), of(which), bytes(std::move(content)) {}
  element of;
  std::string bytes;  ///< must be whole elements (size_of) to be sent
};

/// Makes Node's Buffer from bytes.
inline typed_array buffer(std::string bytes) { return typed_array(typed_array::element::buffer, std::move(bytes)); }

/// The size of one element in bytes.
std::size_t size_of(typed_array::element) noexcept;
/// Whether these are valid flags of a regexp: no unknown one, and not both `u` and `v`.
bool is_flags(std::uint32_t) noexcept;

}  // namespace brood::js

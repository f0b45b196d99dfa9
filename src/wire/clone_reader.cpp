#include "wire/clone_reader.hpp"

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "wire/clone_leaves.hpp"
#include "wire/clone_tags.hpp"

namespace brood::detail::wire {
namespace {

using fault = clone_fault;

/// The name of a member whose key is a number: JavaScript's text for the number.
std::string name_of(double n) {
  if (std::isnan(n)) return "NaN";
  if (std::isinf(n)) return n < 0 ? "-Infinity" : "Infinity";
  if (n == 0) return "0";
  char text[64];
  const bool plain = std::abs(n) >= 1e-6 && std::abs(n) < 1e21;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string name(text, std::to_chars(text, text + sizeof text, n, format).ptr);
  const auto exponent = plain ? std::string::npos : name.find('e');
  if (exponent != std::string::npos && name[exponent + 2] == '0') name.erase(exponent + 2, 1);
  return name;
}

/// Reads without recursion. A container is put into its place when it begins and filled afterwards. Containers that are
/// not complete stand in a stack.
class reader : clone_leaves {
 public:
  reader(std::string_view bytes, const clone_limits& limits) : clone_leaves(bytes), limits_(limits) {}

  boost::system::result<value, clone_error> read() {
    value root;
    bool fine = in_.header() && take(root);
    while (fine && !open_.empty()) fine = step();
    if (!fine) return *in_.error();
    return root;
  }

 private:
  enum class inside { object, dense_array, array_properties, sparse_array, map, set, error };
  struct container {
    inside what;
    js::node* node;
    std::size_t id;
    std::uint32_t length = 0;  // of an array, as announced
    std::uint32_t left = 0;    // remaining elements of a dense array
    std::uint32_t count = 0;   // members or entries so far
    bool is_host = false;
  };

  bool count_value() { return ++values_ <= limits_.values || fail(fault::too_many); }

  bool take(value& to) {
    char tag = 0;
    std::uint32_t skipped = 0;
    do {
      if (!in_.tag(tag)) return false;
    } while (tag == tag::ignored && in_.varint(skipped));
    if (!count_value()) return false;
    switch (tag) {
      case tag::object: return begin<js::object>(to, inside::object);
      case tag::dense_array: return begin_array(to, inside::dense_array);
      case tag::sparse_array: return begin_array(to, inside::sparse_array);
      case tag::map: return begin<js::map>(to, inside::map);
      case tag::set: return begin<js::set>(to, inside::set);
      case tag::error: return begin<js::error>(to, inside::error);
      case tag::host_object: return begin_host_object(to);
      default: return take_leaf(tag, to);
    }
  }

  template <class T>
  bool begin(value& to, inside what) {
    if (open_.size() == limits_.depth) return fail(fault::too_deep);
    auto node = std::make_shared<T>();
    const std::size_t id = number_it(node);
    set_open(id, true);
    open_.push_back({what, node.get(), id});
    to = value(std::move(node));
    return true;
  }

  bool end() {
    const container& ended = open_.back();
    set_open(ended.id, false);
    if (ended.is_host) fill_in(ended.id - 1, ended.id);
    open_.pop_back();
    return true;
  }

  bool begin_array(value& to, inside what) {
    std::uint32_t length = 0;
    if (!in_.varint(length)) return false;
    // An element takes at least a byte; a hole outside the dense part takes none.
    const bool dense = what == inside::dense_array;
    if (dense && length > in_.left()) return fail(fault::bad_length);
    if (!begin<js::array>(to, what)) return false;
    open_.back().length = length;
    open_.back().left = dense ? length : 0;
    static_cast<js::array*>(open_.back().node)->set_length(length);
    return true;
  }

  /// One of Node's views of bytes, or another object of its C++ side, which arrives as a plain copy. Such a copy uses
  /// two numbers: the first one must not be referenced before the copy is complete, the second one is the copy's own.
  bool begin_host_object(value& to) {
    std::uint32_t kind = 0;
    if (!in_.varint(kind)) return false;
    if (kind == tag::host_view) return take_host_view(to);
    if (kind != tag::host_other) return fail(fault::bad_host_object);
    number_it(nullptr);
    char tag = 0;
    if (!in_.tag(tag)) return false;
    if (tag != tag::object) return fail(fault::bad_host_object);
    if (!begin<js::object>(to, inside::object)) return false;
    open_.back().is_host = true;
    return true;
  }

  // ---- the next thing inside the innermost container that is open

  bool step() {
    switch (open_.back().what) {
      case inside::object: return step_members(tag::object_end);
      case inside::dense_array: return step_dense();
      case inside::array_properties: return step_members(tag::dense_array_end);
      case inside::sparse_array: return step_members(tag::sparse_array_end);
      case inside::map: return step_map();
      case inside::set: return step_set();
      case inside::error: return step_error();
    }
    return false;
  }

  /// Reads a name and a value, or the end.
  bool step_members(char end_tag) {
    const std::size_t self = open_.size() - 1;
    char tag = 0;
    if (!in_.tag(tag)) return false;
    const std::size_t at = in_.at() - 1;
    if (tag == end_tag) return end_members();
    std::string name;
    value v;
    if (!take_key(tag, name) || !take(v)) return false;
    ++open_[self].count;
    return put(open_[self], std::move(name), std::move(v)) || in_.fail_at(fault::duplicate_key, at);
  }

  bool end_members() {
    const container& ended = open_.back();
    std::uint32_t count = 0;
    std::uint32_t length = ended.length;
    if (!in_.varint(count) || (ended.what != inside::object && !in_.varint(length))) return false;
    if (count != ended.count || length != ended.length) return fail(fault::bad_count);
    return end();
  }

  bool take_key(char tag, std::string& name) {
    value number;
    switch (tag) {
      case tag::latin1:
      case tag::utf16:
      case tag::utf8: return in_.text(tag, name);
      case tag::int32:
      case tag::uint32:
      case tag::number:
        if (!take_leaf(tag, number)) return false;
        name = name_of(*number.get_if<double>());
        return true;
      default: return fail(fault::bad_key);
    }
  }

  static bool put(container& into, std::string name, value v) {
    if (into.what == inside::object) return static_cast<js::object*>(into.node)->add(std::move(name), std::move(v));
    auto& array = *static_cast<js::array*>(into.node);
    if (const auto index = js::to_index(name)) return array.add(*index, std::move(v));
    return array.properties.add(std::move(name), std::move(v));
  }

  bool step_dense() {
    const std::size_t self = open_.size() - 1;
    if (open_[self].left == 0) {
      open_[self].what = inside::array_properties;
      return true;
    }
    --open_[self].left;
    char tag = 0;
    value v = value::hole();
    if (!in_.tag(tag)) return false;
    if (tag != tag::hole) {
      in_.back();
      if (!take(v)) return false;
    } else if (!count_value()) {
      return false;
    }
    static_cast<js::array*>(open_[self].node)->elements.push_back(std::move(v));
    return true;
  }

  /// Reads an entry, or the end. `ended` is set if the container is complete.
  bool take_entry(char end_tag, value& v, bool& ended) {
    const std::size_t self = open_.size() - 1;
    char tag = 0;
    if (!in_.tag(tag)) return false;
    ended = tag == end_tag;
    if (!ended) {
      in_.back();
      ++open_[self].count;
      return take(v);
    }
    std::uint32_t count = 0;
    if (!in_.varint(count)) return false;
    const bool half = open_[self].what == inside::map && count % 2 != 0;
    if (half || count != open_[self].count) return fail(fault::bad_count);
    return end();
  }

  bool step_map() {
    auto& map = *static_cast<js::map*>(open_.back().node);
    const bool is_key = open_.back().count % 2 == 0;
    value v;
    bool ended = false;
    if (!take_entry(tag::map_end, v, ended)) return false;
    if (ended) return true;
    if (is_key) {
      map.entries.emplace_back(std::move(v), value());
    } else {
      map.entries.back().second = std::move(v);
    }
    return true;
  }

  bool step_set() {
    auto& set = *static_cast<js::set*>(open_.back().node);
    value v;
    bool ended = false;
    if (!take_entry(tag::set_end, v, ended)) return false;
    if (!ended) set.entries.push_back(std::move(v));
    return true;
  }

  /// The parts may come in any order: Node 20 writes a different one than later versions.
  bool step_error() {
    auto& made = *static_cast<js::error*>(open_.back().node);
    char tag = 0;
    if (!in_.tag(tag)) return false;
    switch (tag) {
      case tag::error_end: return end();
      case tag::error_message: return in_.text(made.message.emplace());
      case tag::error_stack: return in_.text(made.stack.emplace());
      case tag::error_cause: return take(made.cause.emplace());
      default: break;
    }
    for (std::size_t i = 1; i < sizeof tag::error_prototypes; ++i) {
      if (tag::error_prototypes[i] != tag) continue;
      made.of_type = static_cast<js::error::prototype>(i);
      return true;
    }
    return fail(fault::unknown_tag);
  }

  const clone_limits limits_;
  std::size_t values_ = 0;
  std::vector<container> open_;
};

std::string_view text_of(fault what) {
  switch (what) {
    case fault::truncated: return "the bytes end inside a value";
    case fault::no_header: return "unknown version";
    case fault::unknown_tag: return "no value starts with this tag";
    case fault::bad_varint: return "a number has too many bits";
    case fault::bad_length: return "a length exceeds the remaining bytes";
    case fault::bad_count: return "the number of entries differs from the count at the end";
    case fault::bad_key: return "a key is neither a string nor a number";
    case fault::duplicate_key: return "a key occurs twice";
    case fault::bad_string: return "not a string";
    case fault::bad_flags: return "unknown flags";
    case fault::bad_view: return "a view outside its buffer";
    case fault::bad_host_object: return "unknown host object";
    case fault::bad_reference: return "a reference to a missing object";
    case fault::too_deep: return "nested too deeply";
    case fault::too_many: return "more values than one message may contain";
  }
  return "wrong";
}

}  // namespace

std::string to_string(const clone_error& error) {
  return ("byte " + std::to_string(error.at) + ": ").append(text_of(error.what));
}

boost::system::result<value, clone_error> read_clone(std::string_view frame, const clone_limits& limits) {
  return reader(frame, limits).read();
}

}  // namespace brood::detail::wire

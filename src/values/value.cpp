#include "brood/value.hpp"

#include <bit>
#include <unordered_set>

#include "brood/js.hpp"

namespace brood {

value value::hole() noexcept {
  value made;
  made.data_ = hole_type{};
  return made;
}

value value::link(const value& other) {
  const auto* owned = std::get_if<shared>(&other.data_);
  if (owned == nullptr) return other;
  (*owned)->linked = true;
  value made;
  made.data_ = linked(*owned);
  return made;
}

const js::node* value::thing() const noexcept {
  if (const auto* owned = std::get_if<shared>(&data_)) return owned->get();
  if (const auto* known = std::get_if<linked>(&data_)) return known->lock().get();
  return nullptr;
}

value::kind value::type() const noexcept {
  if (!std::holds_alternative<shared>(data_) && !std::holds_alternative<linked>(data_)) {
    return static_cast<kind>(data_.index());
  }
  const js::node* object = thing();
  return object != nullptr ? object->what : kind::undefined;
}

const value* value::find(std::string_view key) const noexcept {
  const auto* object = get_if<js::object>();
  return object != nullptr ? object->find(key) : nullptr;
}

bool value::is_shared() const noexcept {
  const auto* owned = std::get_if<shared>(&data_);
  return owned != nullptr ? owned->use_count() > 1 || (*owned)->linked : std::holds_alternative<linked>(data_);
}

namespace {

/// Compares without recursion. Pairs that are still to be compared stand in a list. A pair of objects that may occur
/// again is assumed to be equal from then on; if it is not, its first comparison finds out.
class comparison {
 public:
  bool equal(const value& a, const value& b) {
    pending_.emplace_back(&a, &b);
    while (!pending_.empty()) {
      const auto [left, right] = pending_.back();
      pending_.pop_back();
      if (!alike(*left, *right)) return false;
    }
    return true;
  }

 private:
  using kind = value::kind;
  using pair = std::pair<const js::node*, const js::node*>;
  struct hash {
    std::size_t operator()(const pair& p) const noexcept {
      return std::hash<const void*>()(p.first) * 31 + std::hash<const void*>()(p.second);
    }
  };

  void later(const value& a, const value& b) { pending_.emplace_back(&a, &b); }

  bool alike(const value& a, const value& b) {
    if (a.type() != b.type()) return false;
    switch (a.type()) {
      case kind::undefined:
      case kind::null:
      case kind::hole: return true;
      case kind::boolean: return *a.get_if<bool>() == *b.get_if<bool>();
      case kind::number: return same_number(*a.get_if<double>(), *b.get_if<double>());
      case kind::string: return *a.get_if<std::string>() == *b.get_if<std::string>();
      case kind::bigint: return *a.get_if<js::bigint>() == *b.get_if<js::bigint>();
      default: break;
    }
    const pair both{a.thing(), b.thing()};
    if (both.first == both.second) return true;
    if ((a.is_shared() || b.is_shared()) && !seen_.insert(both).second) return true;
    return alike_things(a, b);
  }

  static bool same_number(double a, double b) {
    return (a != a && b != b) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }

  bool alike_things(const value& a, const value& b) {
    switch (a.type()) {
      case kind::object: return compare(*a.get_if<js::object>(), *b.get_if<js::object>());
      case kind::array: return compare(*a.get_if<js::array>(), *b.get_if<js::array>());
      case kind::map: return compare(*a.get_if<js::map>(), *b.get_if<js::map>());
      case kind::set: return compare(*a.get_if<js::set>(), *b.get_if<js::set>());
      case kind::date: return same_number(a.get_if<js::date>()->milliseconds, b.get_if<js::date>()->milliseconds);
      case kind::regexp: return compare(*a.get_if<js::regexp>(), *b.get_if<js::regexp>());
      case kind::error: return compare(*a.get_if<js::error>(), *b.get_if<js::error>());
      case kind::boxed: later(a.get_if<js::boxed>()->primitive, b.get_if<js::boxed>()->primitive); return true;
      case kind::array_buffer: return compare(*a.get_if<js::array_buffer>(), *b.get_if<js::array_buffer>());
      case kind::typed_array: return compare(*a.get_if<js::typed_array>(), *b.get_if<js::typed_array>());
      default: return false;
    }
  }

  bool compare(const js::object& a, const js::object& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto& member = a.begin()[i];
      const auto& same_place = b.begin()[i];
      const value* other = same_place.key == member.key ? &same_place.value : b.find(member.key);
      if (other == nullptr) return false;
      later(member.value, *other);
    }
    return true;
  }

  bool compare(const js::array& a, const js::array& b) {
    // Whether an element is stored in line or far out does not matter.
    const bool as_many = a.length() == b.length() && a.count() == b.count() &&
                         a.properties.size() - far_elements(a) == b.properties.size() - far_elements(b);
    if (!as_many) return false;
    for (std::size_t i = 0; i < a.elements.size(); ++i) {
      if (a.elements[i].type() == kind::hole) continue;
      if (!compare_with(b.find(static_cast<std::uint32_t>(i)), a.elements[i])) return false;
    }
    for (const auto& member : a.properties) {
      const auto index = js::to_index(member.key);
      if (!compare_with(index ? b.find(*index) : b.properties.find(member.key), member.value)) return false;
    }
    return true;
  }

  bool compare_with(const value* other, const value& own) {
    if (other == nullptr) return false;
    later(own, *other);
    return true;
  }

  static std::size_t far_elements(const js::array& of) {
    std::size_t count = 0;
    for (const auto& member : of.properties) count += js::to_index(member.key) ? 1U : 0U;
    return count;
  }

  bool compare(const js::map& a, const js::map& b) {
    if (a.entries.size() != b.entries.size()) return false;
    for (std::size_t i = 0; i < a.entries.size(); ++i) {
      later(a.entries[i].first, b.entries[i].first);
      later(a.entries[i].second, b.entries[i].second);
    }
    return true;
  }

  bool compare(const js::set& a, const js::set& b) {
    if (a.entries.size() != b.entries.size()) return false;
    for (std::size_t i = 0; i < a.entries.size(); ++i) later(a.entries[i], b.entries[i]);
    return true;
  }

  static bool compare(const js::regexp& a, const js::regexp& b) { return a.source == b.source && a.flags == b.flags; }

  bool compare(const js::error& a, const js::error& b) {
    if (a.of_type != b.of_type || a.message != b.message || a.stack != b.stack) return false;
    if (a.cause.has_value() != b.cause.has_value()) return false;
    if (a.cause) later(*a.cause, *b.cause);
    return true;
  }

  static bool compare(const js::array_buffer& a, const js::array_buffer& b) {
    return a.bytes == b.bytes && a.max_length == b.max_length;
  }

  static bool compare(const js::typed_array& a, const js::typed_array& b) { return a.of == b.of && a.bytes == b.bytes; }

  std::vector<std::pair<const value*, const value*>> pending_;
  std::unordered_set<pair, hash> seen_;
};

}  // namespace

bool operator==(const value& a, const value& b) { return comparison().equal(a, b); }

}  // namespace brood

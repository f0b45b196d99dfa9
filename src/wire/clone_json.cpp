#include "wire/clone_json.hpp"

#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <string>

#include "wire/clone_cursor.hpp"
#include "wire/clone_tags.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

class json_reader {
 public:
  explicit json_reader(std::string_view frame) : in_(frame) {}

  std::optional<json::value> read() {
    made_.reset();
    if (!in_.header() || !take(0)) return std::nullopt;
    return made_.release();
  }

 private:
  /// The reader is recursive, because that is fast. This limits its depth.
  static constexpr int deepest = 64;

  bool take(int depth) {
    char tag = 0;
    std::int32_t integer = 0;
    if (!in_.tag(tag)) return false;
    switch (tag) {
      case tag::null: made_.push_null(); return true;
      case tag::truth: made_.push_bool(true); return true;
      case tag::falsehood: made_.push_bool(false); return true;
      case tag::int32:
        if (!in_.int32(integer)) return false;
        made_.push_int64(integer);
        return true;
      case tag::number: return take_double();
      case tag::latin1:
      case tag::utf16: return take_text(tag);
      case tag::object: return depth < deepest && take_object(depth);
      case tag::dense_array: return depth < deepest && take_array(depth, tag::dense_array_end);
      case tag::sparse_array: return depth < deepest && take_array(depth, tag::sparse_array_end);
      default: return false;
    }
  }

  bool take_double() {
    constexpr double exact = 9007199254740992;  // 2^53
    double n = 0;
    if (!in_.raw_double(n) || !std::isfinite(n)) return false;
    if (n == std::trunc(n) && std::abs(n) <= exact && n != 0) {
      made_.push_int64(static_cast<std::int64_t>(n));
    } else {
      made_.push_double(n);
    }
    return true;
  }

  bool take_text(char tag) {
    std::string_view found;
    if (!in_.text(tag, found, scratch_)) return false;
    made_.push_string(found);
    return true;
  }

  bool take_object(int depth) {
    char tag = 0;
    std::uint32_t count = 0;
    for (std::uint32_t members = 0;; ++members) {
      if (!in_.tag(tag)) return false;
      if (tag == tag::object_end) {
        if (!in_.varint(count) || count != members) return false;
        made_.push_object(members);
        return true;
      }
      if (!take_key(tag) || !take(depth + 1)) return false;
    }
  }

  bool take_key(char tag) {
    std::string_view found;
    char digits[16];
    if (tag == tag::int32) {
      std::int32_t n = 0;
      if (!in_.int32(n)) return false;
      found = {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, n).ptr - digits)};
    } else if (!in_.text(tag, found, scratch_)) {
      return false;
    }
    made_.push_key(found);
    return true;
  }

  /// An array with all its elements in order and nothing else. V8 treats an array that it has read as one that may have
  /// holes, and writes it in that form when it sends it on: each element with its index.
  bool take_array(int depth, char end_tag) {
    const bool indexed = end_tag == tag::sparse_array_end;
    std::uint32_t length = 0;
    std::uint32_t properties = 0;
    std::uint32_t again = 0;
    char tag = 0;
    if (!in_.varint(length) || length > in_.left()) return false;
    for (std::uint32_t i = 0; i < length; ++i) {
      if ((indexed && !take_index(i)) || !take(depth + 1)) return false;
    }
    if (!in_.tag(tag) || tag != end_tag) return false;
    if (!in_.varint(properties) || !in_.varint(again)) return false;
    if (properties != (indexed ? length : 0) || again != length) return false;
    made_.push_array(length);
    return true;
  }

  bool take_index(std::uint32_t expected) {
    char tag = 0;
    std::int32_t index = 0;
    return in_.tag(tag) && tag == tag::int32 && in_.int32(index) && index == static_cast<std::int64_t>(expected);
  }

  clone_cursor in_;
  json::value_stack made_;
  std::string scratch_;
};

}  // namespace

std::optional<json::value> read_clone_as_json(std::string_view frame) { return json_reader(frame).read(); }

}  // namespace brood::detail::wire

#include "wire/clone_leaves.hpp"

#include <algorithm>
#include <array>

#include "wire/clone_tags.hpp"

namespace brood::detail::wire {
namespace {

using fault = clone_fault;
using element = js::typed_array::element;

constexpr std::array<std::pair<char, element>, 13> view_kinds{{{'b', element::int8},
                                                               {'B', element::uint8},
                                                               {'C', element::uint8_clamped},
                                                               {'w', element::int16},
                                                               {'W', element::uint16},
                                                               {'d', element::int32},
                                                               {'D', element::uint32},
                                                               {'h', element::float16},
                                                               {'f', element::float32},
                                                               {'F', element::float64},
                                                               {'q', element::bigint64},
                                                               {'Q', element::biguint64},
                                                               {'?', element::data_view}}};

}  // namespace

std::size_t clone_leaves::number_it(std::shared_ptr<js::node> node) {
  objects_.push_back({std::move(node)});
  return objects_.size() - 1;
}

bool clone_leaves::take_leaf(char tag, value& to) {
  switch (tag) {
    case tag::date: return take_date(to);
    case tag::regexp: return take_regexp(to);
    case tag::boxed_true: return add(to, js::boxed(true));
    case tag::boxed_false: return add(to, js::boxed(false));
    case tag::boxed_number:
    case tag::boxed_bigint:
    case tag::boxed_string: return take_boxed(tag, to);
    case tag::array_buffer:
    case tag::resizable_array_buffer: return take_buffer(tag, to) && take_view_if_any(to);
    case tag::reference: return take_reference(to) && take_view_if_any(to);
    default: return take_primitive(tag, to);
  }
}

// ---- primitives

bool clone_leaves::take_primitive(char tag, value& to) {
  std::int32_t integer = 0;
  std::uint32_t natural = 0;
  switch (tag) {
    case tag::undefined: to = value(); return true;
    case tag::null: to = nullptr; return true;
    case tag::truth: to = true; return true;
    case tag::falsehood: to = false; return true;
    case tag::number: return take_double(to);
    case tag::bigint: return take_bigint(to);
    case tag::latin1:
    case tag::utf16:
    case tag::utf8: return take_text(tag, to);
    case tag::int32:
      if (!in_.int32(integer)) return false;
      to = integer;
      return true;
    case tag::uint32:
      if (!in_.varint(natural)) return false;
      to = natural;
      return true;
    default: return fail(fault::unknown_tag);
  }
}

bool clone_leaves::take_double(value& to) {
  double n = 0;
  if (!in_.raw_double(n)) return false;
  to = n;
  return true;
}

bool clone_leaves::take_text(char tag, value& to) {
  std::string text;
  if (!in_.text(tag, text)) return false;
  to = std::move(text);
  return true;
}

bool clone_leaves::take_bigint(value& to) {
  js::bigint n;
  if (!in_.bigint(n)) return false;
  to = std::move(n);
  return true;
}

// ---- objects

bool clone_leaves::take_date(value& to) {
  double ms = 0;
  return in_.raw_double(ms) && add(to, js::date(ms));
}

bool clone_leaves::take_regexp(value& to) {
  std::string source;
  std::uint32_t flags = 0;
  if (!in_.text(source) || !in_.varint(flags)) return false;
  if (!js::is_flags(flags)) return fail(fault::bad_flags);
  return add(to, js::regexp(std::move(source), flags));
}

bool clone_leaves::take_boxed(char tag, value& to) {
  value inner;
  std::string text;
  bool fine = false;
  switch (tag) {
    case tag::boxed_number: fine = take_double(inner); break;
    case tag::boxed_bigint: fine = take_bigint(inner); break;
    default: fine = in_.text(text); inner = std::move(text);
  }
  return fine && add(to, js::boxed(std::move(inner)));
}

/// A reference to an object that is not complete yet closes a cycle. It must not own the object, because the cycle
/// would never be freed.
bool clone_leaves::take_reference(value& to) {
  std::uint32_t id = 0;
  if (!in_.varint(id)) return false;
  if (id >= objects_.size() || !objects_[id].node) return fail(fault::bad_reference);
  value found(objects_[id].node);
  to = objects_[id].open ? value::link(found) : std::move(found);
  return true;
}

// ---- bytes

bool clone_leaves::take_buffer(char tag, value& to) {
  std::uint32_t size = 0;
  std::uint32_t most = 0;
  std::string_view bytes;
  const bool resizable = tag == tag::resizable_array_buffer;
  if (!in_.varint(size) || (resizable && !in_.varint(most))) return false;
  if (resizable && most < size) return fail(fault::bad_length);
  if (!in_.bytes(size, bytes)) return false;
  js::array_buffer made{std::string(bytes)};
  if (resizable) made.max_length = most;
  return add(to, std::move(made));
}

bool clone_leaves::take_view_if_any(value& to) {
  const bool seen_through = to.type() == value::kind::array_buffer && in_.skip(tag::view);
  return !seen_through || take_view(to);
}

/// A view of the buffer that was just read. Node reads such views, but writes host objects. Only the visible bytes are
/// kept.
bool clone_leaves::take_view(value& to) {
  constexpr std::uint32_t follows_length = 1;
  constexpr std::uint32_t known_flags = 3;
  char sub = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t flags = 0;
  if (!in_.tag(sub)) return false;
  const auto* found = std::find_if(view_kinds.begin(), view_kinds.end(), [&](const auto& k) { return k.first == sub; });
  if (found == view_kinds.end()) return fail(fault::unknown_tag);
  if (!in_.varint(offset) || !in_.varint(length) || !in_.varint(flags)) return false;
  const auto* memory = to.get_if<js::array_buffer>();
  if ((flags & ~known_flags) != 0 || (flags != 0 && !memory->max_length)) return fail(fault::bad_flags);
  if (offset > memory->bytes.size()) return fail(fault::bad_view);
  const std::size_t most = memory->bytes.size() - offset;
  const std::size_t one = js::size_of(found->second);
  const std::size_t size = (flags & follows_length) != 0 ? most - most % one : length;
  if (size > most || size % one != 0 || offset % one != 0) return fail(fault::bad_view);
  // Many views may refer to one buffer, and each gets a copy here.
  seen_through_views_ += size;
  if (seen_through_views_ > in_.size()) return fail(fault::too_many);
  return add(to, js::typed_array(found->second, memory->bytes.substr(offset, size)));
}

bool clone_leaves::take_host_view(value& to) {
  std::uint32_t type = 0;
  std::string_view bytes;
  if (!in_.varint(type)) return false;
  if (type > static_cast<std::uint32_t>(element::float16)) return fail(fault::bad_host_object);
  if (!in_.bytes(bytes)) return false;
  const auto which = static_cast<element>(type);
  if (bytes.size() % js::size_of(which) != 0) return fail(fault::bad_view);
  return add(to, js::typed_array(which, std::string(bytes)));
}

}  // namespace brood::detail::wire

#include "wire/clone_writer.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "values/utf8.hpp"
#include "wire/block_length.hpp"
#include "wire/clone_tags.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;
using kind = value::kind;

}  // namespace

clone_writer::clone_writer(std::string& buffer) : out_(buffer), start_(buffer.size()) {
  out_.append(length_size, '\0');
  put(static_cast<char>(tag::header));
  varint(tag::version);
}

void clone_writer::finish() { set_block_length(out_.data() + start_, out_.size() - start_ - length_size); }

void clone_writer::drop() { out_.resize(start_); }

// ---- primitives

void clone_writer::varint(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) put(static_cast<char>(number | 0x80));
  put(static_cast<char>(number));
}

void clone_writer::raw_double(double n) {
  char bytes[sizeof n];
  std::memcpy(bytes, &n, sizeof n);
  out_.append(bytes, sizeof n);
}

void clone_writer::integer(std::int32_t n) {
  put(tag::int32);
  varint(static_cast<std::uint32_t>(n) << 1 ^ static_cast<std::uint32_t>(n >> 31));
}

void clone_writer::number(double n) {
  using limits = std::numeric_limits<std::int32_t>;
  if (n >= limits::min() && n <= limits::max() && n == std::trunc(n) && !(n == 0 && std::signbit(n))) {
    return integer(static_cast<std::int32_t>(n));
  }
  put(tag::number);
  raw_double(n);
}

void clone_writer::bigint(const js::bigint& n) {
  const bool sign = n.negative && !n.digits.empty();
  varint(n.digits.size() * sizeof(std::uint64_t) << 1 | (sign ? 1U : 0U));
  for (const std::uint64_t digit : n.digits) {
    for (unsigned shift = 0; shift < 64; shift += 8) put(static_cast<char>(digit >> shift & 0xff));
  }
}

void clone_writer::text(std::string_view utf8) {
  if (!utf8::is_ascii(utf8)) return wide_text(utf8);
  put(tag::latin1);
  varint(utf8.size());
  out_ += utf8;
}

/// One byte for each character if all are below 256, as V8 does. Otherwise two bytes, or four for a surrogate pair.
void clone_writer::wide_text(std::string_view utf8) {
  std::size_t units = 0;
  char32_t highest = 0;
  for (auto rest = utf8; !rest.empty(); ++units) {
    const auto c = utf8::first(rest);
    rest.remove_prefix(c.size);
    highest = std::max(highest, c.code);
    if (c.code > 0xffff) ++units;
  }
  const bool narrow = highest < 0x100;
  const std::size_t size = narrow ? units : units * 2;
  if (!narrow) {
    // Units of two bytes begin at an even offset, counted from the length of the frame.
    unsigned digits = 1;
    for (auto rest = size; rest >= 0x80; rest >>= 7) ++digits;
    if ((out_.size() - start_ + 1 + digits) % 2 != 0) put(tag::padding);
  }
  put(narrow ? tag::latin1 : tag::utf16);
  varint(size);
  const auto unit = [this](char32_t code) {
    put(static_cast<char>(code & 0xff));
    put(static_cast<char>(code >> 8));
  };
  for (auto rest = utf8; !rest.empty();) {
    const auto c = utf8::first(rest);
    rest.remove_prefix(c.size);
    if (narrow) {
      put(static_cast<char>(c.code));
    } else if (c.code > 0xffff) {
      unit(0xd7c0 + (c.code >> 10));
      unit(0xdc00 + (c.code & 0x3ff));
    } else {
      unit(c.code);
    }
  }
}

void clone_writer::key(std::string_view name) {
  const auto index = js::to_index(name);
  index ? number(*index) : text(name);
}

// ---- JSON

void clone_writer::begin_object() {
  ++next_id_;
  put(tag::object);
}

void clone_writer::end_object(std::uint32_t members) {
  put(tag::object_end);
  varint(members);
}

void clone_writer::write(const json::value& from) {
  switch (from.kind()) {
    case json::kind::null: return put(tag::null);
    case json::kind::bool_: return put(from.get_bool() ? tag::truth : tag::falsehood);
    case json::kind::int64: return number(static_cast<double>(from.get_int64()));
    case json::kind::uint64: return number(static_cast<double>(from.get_uint64()));
    case json::kind::double_: return number(from.get_double());
    case json::kind::string: return text(from.get_string());
    case json::kind::array: {
      const auto size = from.get_array().size();
      ++next_id_;
      put(tag::dense_array);
      varint(size);
      for (const auto& element : from.get_array()) write(element);
      put(tag::dense_array_end);
      varint(0);
      return varint(size);
    }
    case json::kind::object: break;
  }
  begin_object();
  for (const auto& [name, member] : from.get_object()) {
    key(name);
    write(member);
  }
  end_object(static_cast<std::uint32_t>(from.get_object().size()));
}

// ---- all the rest

bool clone_writer::write(const value& from) {
  switch (from.type()) {
    case kind::hole:
    case kind::undefined: put(tag::undefined); return true;
    case kind::null: put(tag::null); return true;
    case kind::boolean: put(*from.get_if<bool>() ? tag::truth : tag::falsehood); return true;
    case kind::number: number(*from.get_if<double>()); return true;
    case kind::string: text(*from.get_if<std::string>()); return true;
    case kind::bigint:
      put(tag::bigint);
      bigint(*from.get_if<js::bigint>());
      return true;
    default: return thing(from);
  }
}

/// Completely at its first occurrence, as a reference at others.
bool clone_writer::thing(const value& from) {
  if (from.is_shared()) {
    const auto [known, is_new] = ids_.emplace(from.thing(), next_id_);
    if (!is_new) {
      put(tag::reference);
      varint(known->second);
      return true;
    }
  }
  ++next_id_;
  if (++depth_ > deepest_clone) return false;
  const bool done = thing_by_kind(from);
  --depth_;
  return done;
}

bool clone_writer::thing_by_kind(const value& from) {
  switch (from.type()) {
    case kind::object: {
      const auto& object = *from.get_if<js::object>();
      put(tag::object);
      if (!members(object)) return false;
      end_object(static_cast<std::uint32_t>(object.size()));
      return true;
    }
    case kind::array: return array(*from.get_if<js::array>());
    case kind::map: return map(*from.get_if<js::map>());
    case kind::set: return set(*from.get_if<js::set>());
    case kind::error: return error(*from.get_if<js::error>());
    case kind::date:
      put(tag::date);
      raw_double(from.get_if<js::date>()->milliseconds);
      return true;
    case kind::regexp: return regexp(*from.get_if<js::regexp>());
    case kind::boxed: boxed(from.get_if<js::boxed>()->primitive); return true;
    case kind::array_buffer: array_buffer(*from.get_if<js::array_buffer>()); return true;
    default: return typed_array(*from.get_if<js::typed_array>());
  }
}

bool clone_writer::members(const js::object& of) {
  for (const auto& member : of) {
    key(member.key);
    if (!write(member.value)) return false;
  }
  return true;
}

bool clone_writer::array(const js::array& from) {
  const std::uint32_t length = from.length();
  std::size_t in_line = 0;
  for (const auto& element : from.elements) in_line += element.type() != kind::hole ? 1U : 0U;
  const bool dense = in_line == length;
  put(dense ? tag::dense_array : tag::sparse_array);
  varint(length);
  for (std::size_t i = 0; i < from.elements.size(); ++i) {
    if (from.elements[i].type() == kind::hole) continue;
    if (!dense) number(static_cast<double>(i));
    if (!write(from.elements[i])) return false;
  }
  if (!members(from.properties)) return false;
  put(dense ? tag::dense_array_end : tag::sparse_array_end);
  varint(from.properties.size() + (dense ? 0 : in_line));
  varint(length);
  return true;
}

bool clone_writer::map(const js::map& from) {
  put(tag::map);
  for (const auto& [key, mapped] : from.entries) {
    if (!write(key) || !write(mapped)) return false;
  }
  put(tag::map_end);
  varint(from.entries.size() * 2);
  return true;
}

bool clone_writer::set(const js::set& from) {
  put(tag::set);
  for (const auto& entry : from.entries) {
    if (!write(entry)) return false;
  }
  put(tag::set_end);
  varint(from.entries.size());
  return true;
}

/// In the order that every Node accepts. Node 22 and later accept no other, though Node 20 writes a different one.
bool clone_writer::error(const js::error& from) {
  put(tag::error);
  if (from.of_type != js::error::prototype::error) put(tag::error_prototypes[static_cast<std::size_t>(from.of_type)]);
  if (from.message) {
    put(tag::error_message);
    text(*from.message);
  }
  if (from.stack) {
    put(tag::error_stack);
    text(*from.stack);
  }
  if (from.cause) {
    put(tag::error_cause);
    if (!write(*from.cause)) return false;
  }
  put(tag::error_end);
  return true;
}

bool clone_writer::regexp(const js::regexp& from) {
  if (!js::is_flags(from.flags)) return false;
  put(tag::regexp);
  text(from.source);
  varint(from.flags);
  return true;
}

void clone_writer::boxed(const value& primitive) {
  switch (primitive.type()) {
    case kind::boolean: return put(*primitive.get_if<bool>() ? tag::boxed_true : tag::boxed_false);
    case kind::number: put(tag::boxed_number); return raw_double(*primitive.get_if<double>());
    case kind::bigint: put(tag::boxed_bigint); return bigint(*primitive.get_if<js::bigint>());
    case kind::string: put(tag::boxed_string); return text(*primitive.get_if<std::string>());
    default: return put(tag::object), end_object(0);  // Object(undefined) is an empty object
  }
}

void clone_writer::array_buffer(const js::array_buffer& from) {
  put(from.max_length ? tag::resizable_array_buffer : tag::array_buffer);
  varint(from.bytes.size());
  if (from.max_length) varint(std::max(*from.max_length, from.bytes.size()));
  out_ += from.bytes;
}

bool clone_writer::typed_array(const js::typed_array& from) {
  if (from.of > js::typed_array::element::float16 || from.bytes.size() % js::size_of(from.of) != 0) return false;
  put(tag::host_object);
  varint(tag::host_view);
  varint(static_cast<std::uint32_t>(from.of));
  varint(from.bytes.size());
  out_ += from.bytes;
  return true;
}

}  // namespace brood::detail::wire

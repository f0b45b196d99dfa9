#include "brood/js.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace brood::js {
namespace {

constexpr std::size_t few = 12;  // up to so many members a linear search is faster

/// Salted, because a hostile peer may choose the names: it cannot know which ones collide.
std::size_t hash_of(std::string_view key, std::uint64_t salt) noexcept {
  auto hash = 0xcbf29ce484222325U ^ salt;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash ^ hash >> 32;
}

}  // namespace

object::object(std::initializer_list<member> members) : node(type) {
  for (const auto& one : members) (*this)[one.key] = one.value;
}

/// The slot of the key in the table, or the free slot for it.
std::size_t object::slot_of(std::string_view key) const noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = hash_of(key, salt_) & mask;
  while (table_[slot] != 0 && members_[table_[slot] - 1].key != key) slot = (slot + 1) & mask;
  return slot;
}

void object::index_all() {
  std::vector<std::uint32_t> larger(std::max<std::size_t>(64, table_.size() * 2));
  table_.swap(larger);
  salt_ = reinterpret_cast<std::uintptr_t>(table_.data());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    table_[slot_of(members_[i].key)] = static_cast<std::uint32_t>(i + 1);
  }
}

const value* object::find(std::string_view key) const noexcept {
  if (!table_.empty()) {
    const std::uint32_t place = table_[slot_of(key)];
    return place != 0 ? &members_[place - 1].value : nullptr;
  }
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const member& m) { return m.key == key; });
  return found != members_.end() ? &found->value : nullptr;
}

value& object::operator[](std::string_view key) {
  if (value* there = find(key)) return *there;
  add(std::string(key), {});
  return members_.back().value;
}

bool object::add(std::string key, value v) {
  std::size_t slot = 0;
  if (!table_.empty()) {
    slot = slot_of(key);
    if (table_[slot] != 0) return false;
  } else if (std::as_const(*this).find(key) != nullptr) {
    return false;
  }
  members_.push_back({std::move(key), std::move(v)});
  if (!table_.empty()) table_[slot] = static_cast<std::uint32_t>(members_.size());
  // At most half full, because otherwise the search for a free slot takes long.
  if (members_.size() > few && members_.size() * 2 > table_.size()) index_all();
  return true;
}

// ---- array

std::optional<std::uint32_t> to_index(std::string_view name) noexcept {
  constexpr std::uint32_t none = 0xffffffff;
  std::uint32_t number = 0;
  if (name.empty() || name.size() > 10 || (name.size() > 1 && name.front() == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number == none) return std::nullopt;
  return number;
}

std::uint32_t array::length() const noexcept { return std::max(length_, static_cast<std::uint32_t>(elements.size())); }

const value* array::find(std::uint32_t index) const noexcept {
  if (index < elements.size() && elements[index].type() != value::kind::hole) return &elements[index];
  return properties.empty() ? nullptr : properties.find(std::to_string(index));
}

bool array::add(std::uint32_t index, value v) {
  if (find(index) != nullptr) return false;
  ++added_;
  length_ = std::max(length(), index + 1);
  if (index >= elements.size()) {
    // Holes need memory, so their number is limited to a multiple of the elements.
    if (index > added_ * 8 + 16) return properties.add(std::to_string(index), std::move(v));
    while (elements.size() <= index) elements.push_back(value::hole());
  }
  elements[index] = std::move(v);
  return true;
}

std::size_t array::count() const noexcept {
  const auto is_element = [](const value& v) { return v.type() != value::kind::hole; };
  auto count = static_cast<std::size_t>(std::count_if(elements.begin(), elements.end(), is_element));
  for (const auto& member : properties) count += to_index(member.key) ? 1U : 0U;
  return count;
}

bool is_flags(std::uint32_t flags) noexcept {
  using r = regexp;
  constexpr std::uint32_t known = r::global | r::ignore_case | r::multiline | r::sticky | r::unicode | r::dot_all |
                                  r::has_indices | r::unicode_sets;
  constexpr std::uint32_t either = r::unicode | r::unicode_sets;
  return (flags & ~known) == 0 && (flags & either) != either;
}

std::size_t size_of(typed_array::element which) noexcept {
  using element = typed_array::element;
  switch (which) {
    case element::int16:
    case element::uint16:
    case element::float16: return 2;
    case element::int32:
    case element::uint32:
    case element::float32: return 4;
    case element::float64:
    case element::bigint64:
    case element::biguint64: return 8;
    default: return 1;
  }
}

}  // namespace brood::js

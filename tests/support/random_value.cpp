#include "support/random_value.hpp"

#include <cmath>
#include <cstring>
#include <limits>

namespace brood_test {

namespace js = brood::js;
using element = js::typed_array::element;

namespace {

constexpr int deepest = 4;

}  // namespace

brood::value random_values::value(int depth) {
  if (rich_ && !finished_.empty() && one_in(12)) return finished_[upto(finished_.size() - 1)];
  if (rich_ && !open_.empty() && one_in(30)) return brood::value::link(open_[upto(open_.size() - 1)]);
  if (depth < deepest && !one_in(3)) return container(depth);
  return rich_ && one_in(3) ? leaf() : primitive();
}

brood::value random_values::container(int depth) {
  switch (upto(rich_ ? 6 : 3)) {
    case 0:
    case 1: return array(depth);
    case 4: return map(depth);
    case 5: return set(depth);
    case 6: return error(depth);
    default: return object(depth);
  }
}

brood::value random_values::object(int depth) {
  brood::value made = js::object{};
  open_.push_back(made);
  for (auto left = upto(4); left > 0; --left) {
    std::string key = one_in(4) ? std::to_string(upto(5'000'000'000)) : text();
    brood::value member = value(depth + 1);
    made.get_if<js::object>()->add(std::move(key), std::move(member));
  }
  open_.pop_back();
  finished_.push_back(made);
  return made;
}

brood::value random_values::array(int depth) {
  brood::value made = js::array{};
  auto& all = *made.get_if<js::array>();
  open_.push_back(made);
  for (auto left = upto(5); left > 0; --left) {
    all.elements.push_back(rich_ && one_in(10) ? brood::value::hole() : value(depth + 1));
  }
  if (rich_ && one_in(10)) all.add(static_cast<std::uint32_t>(upto(4'000'000'000)), value(depth + 1));
  if (rich_ && one_in(10)) all.properties.add("name " + text(), value(depth + 1));
  open_.pop_back();
  finished_.push_back(made);
  return made;
}

brood::value random_values::map(int depth) {
  brood::value made = js::map{};
  open_.push_back(made);
  const auto all = upto(3);
  for (std::uint64_t i = 0; i < all; ++i) {
    brood::value key = one_in(2) ? brood::value(i) : object(depth + 1);
    made.get_if<js::map>()->entries.emplace_back(std::move(key), value(depth + 1));
  }
  open_.pop_back();
  finished_.push_back(made);
  return made;
}

brood::value random_values::set(int depth) {
  brood::value made = js::set{};
  open_.push_back(made);
  const auto all = upto(3);
  for (std::uint64_t i = 0; i < all; ++i) {
    made.get_if<js::set>()->entries.push_back(one_in(2) ? brood::value(i) : array(depth + 1));
  }
  open_.pop_back();
  finished_.push_back(made);
  return made;
}

brood::value random_values::error(int depth) {
  js::error made(text(), static_cast<js::error::prototype>(upto(6)));
  made.stack = text();
  if (one_in(2)) made.cause = value(depth + 1);
  return made;
}

brood::value random_values::primitive() {
  switch (upto(rich_ ? 6 : 4)) {
    case 0: return nullptr;
    case 1: return one_in(2);
    case 2: return text();
    case 5: return {};
    case 6: return bigint();
    default: return number();
  }
}

/// Objects that hold no others.
brood::value random_values::leaf() {
  constexpr double day = 86'400'000;
  switch (upto(7)) {
    case 0: return js::date(one_in(10) ? NAN : (static_cast<double>(upto(200'000'000)) - 1e8) * day);
    case 1: return js::regexp("a" + std::to_string(upto(9)) + "+", static_cast<std::uint32_t>(upto(15)));
    case 2: return js::boxed(number());
    case 3: return boxed();
    case 4: return js::array_buffer(bytes(1));
    case 5: return js::buffer(bytes(1));
    default: {
      const auto which = static_cast<element>(upto(static_cast<std::uint64_t>(element::biguint64)));
      return js::typed_array(which, bytes(js::size_of(which)));
    }
  }
}

brood::value random_values::boxed() {
  switch (upto(2)) {
    case 0: return js::boxed(one_in(2));
    case 1: return js::boxed(text());
    default: return js::boxed(bigint());
  }
}

js::bigint random_values::bigint() {
  js::bigint made;
  for (auto left = upto(3); left > 0; --left) made.digits.push_back(random_() | 1);
  made.negative = !made.digits.empty() && one_in(2);
  return made;
}

double random_values::number() {
  switch (upto(3)) {
    case 0: return static_cast<double>(upto(200)) - 100;
    case 1: return static_cast<double>(static_cast<std::int64_t>(random_()) >> (10 + upto(50)));
    default: break;
  }
  const auto bits = random_();
  double any = 0;
  std::memcpy(&any, &bits, sizeof any);
  if (rich_) return one_in(20) ? -0.0 : any;
  return std::isfinite(any) ? any : 0.5;
}

/// Characters of all widths, and the first half of a surrogate pair without the second.
std::string random_values::text() {
  std::string made;
  for (auto left = upto(8); left > 0; --left) {
    switch (upto(9)) {
      case 0: made += "\u00e9"; break;
      case 1: made += "\u20ac"; break;
      case 2: made += "\U0001f600"; break;
      case 3: made.push_back('\0'); break;
      case 4: made += "\xed\xa0\xbd"; break;
      default: made.push_back(static_cast<char>('a' + upto(25)));
    }
  }
  return made;
}

std::string random_values::bytes(std::size_t multiple) {
  std::string made(upto(one_in(20) ? 5000 : 10) * multiple, '\0');
  for (char& c : made) c = static_cast<char>(random_());
  return made;
}

}  // namespace brood_test

#include "wire/parts.hpp"

#include <boost/json/value.hpp>

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

bool is_true(const json::object& notice, std::string_view key) noexcept {
  const json::value* found = notice.if_contains(key);
  const auto* truth = found != nullptr ? found->if_bool() : nullptr;
  return truth != nullptr && *truth;
}

std::optional<std::size_t> size_in(const json::object& notice, std::string_view key) noexcept {
  const json::value* found = notice.if_contains(key);
  const auto* number = found != nullptr ? found->if_int64() : nullptr;
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

}  // namespace

std::string part_notice(const part& p) {
  std::string text =
      R"({"cmd":"NODE_BROOD_PART","at":)" + std::to_string(p.at) + R"(,"size":)" + std::to_string(p.size);
  if (p.more != 0) text += R"(,"more":)" + std::to_string(p.more);
  if (p.last) text += R"(,"last":true)";
  if (p.frames) text += R"(,"frames":true)";
  return text += '}';
}

std::optional<part> read_part(const json::object& notice) noexcept {
  const auto at = size_in(notice, "at");
  const auto size = size_in(notice, "size");
  if (!at || !size || *size == 0) return std::nullopt;
  return part{.at = *at,
              .size = *size,
              .more = size_in(notice, "more").value_or(0),
              .last = is_true(notice, "last"),
              .frames = is_true(notice, "frames")};
}

}  // namespace brood::detail::wire

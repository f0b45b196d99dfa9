#include "http/preconditions.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/date.hpp"
#include "http/text.hpp"

namespace brood::http::detail {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Whether the list contains this tag, or is "*". Under strong comparison a weak tag equals no other.
bool matches(std::string_view list, std::string_view etag, bool weakly) noexcept {
  if (trimmed(list) == "*") return true;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());  // brood's own tags contain no comma
    auto tag = trimmed(list.substr(0, comma));
    if (weakly && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool parse_number(std::string_view text, std::uint64_t& number) noexcept {
  const auto [stopped, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc::result_out_of_range) number = UINT64_MAX;
  return (ec == std::errc{} || ec == std::errc::result_out_of_range) && stopped == text.data() + text.size();
}

/// Parses "bytes=0-99", "bytes=100-" or "bytes=-100". Anything else, including several ranges, is ignored.
selection select_range(std::string_view range, std::uint64_t size) noexcept {
  const selection all{.size = size};
  if (!same_name(range.substr(0, 6), "bytes=")) return all;
  range = trimmed(range.substr(6));
  const auto dash = range.find('-');
  if (dash == range.npos || range.find(',') != range.npos) return all;
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  const auto before = range.substr(0, dash);
  const auto after = range.substr(dash + 1);
  if (before.empty()) {
    if (!parse_number(after, last)) return all;
    if (last == 0 || size == 0) return {.status = 416};
    first = size - std::min(last, size);
    last = size - 1;
  } else {
    if (!parse_number(before, first) || (!after.empty() && !parse_number(after, last)) || last < first) return all;
    if (first >= size) return {.status = 416};
    last = std::min(last, size - 1);
  }
  return {.status = 206, .first = first, .size = last - first + 1};
}

bool range_holds(const request& message, const representation& file, std::time_t now) {
  const auto condition = message.header("If-Range");
  if (condition.empty()) return true;
  if (condition.ends_with('"')) return condition == file.etag;  // strongly: a weak one never equals ours
  // RFC 9110, 13.1.5: a date counts only as a strong validator (8.8.2.2). Until its second has passed, the file may
  // change again and keep the same date.
  return parse_date(condition) == file.modified && file.modified < now;
}

}  // namespace

std::optional<std::time_t> parse_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29) return std::nullopt;
  const auto month = months.find(text.substr(8, 3));
  if (month == months.npos || month % 3 != 0) return std::nullopt;
  std::tm parts{};
  parts.tm_mon = static_cast<int>(month / 3);
  const auto number = [&](std::size_t from, std::size_t size, int& to) {
    const auto* end = text.data() + from + size;
    return std::from_chars(text.data() + from, end, to).ptr == end;
  };
  const bool numbers = number(5, 2, parts.tm_mday) && number(12, 4, parts.tm_year) && number(17, 2, parts.tm_hour) &&
                       number(20, 2, parts.tm_min) && number(23, 2, parts.tm_sec);
  if (!numbers) return std::nullopt;
  parts.tm_year -= 1900;
  const auto time = ::timegm(&parts);
  // Formatting it again detects every other error.
  const auto written = imf_fixdate(time);
  if (std::string_view(written.data(), written.size()) != text) return std::nullopt;
  return time;
}

selection select(const request& message, const representation& file, std::time_t now) {
  if (const auto tags = message.header("If-Match"); !tags.empty()) {
    if (!matches(tags, file.etag, false)) return {.status = 412};
  } else if (const auto since = parse_date(message.header("If-Unmodified-Since")); since && file.modified > *since) {
    return {.status = 412};
  }
  if (const auto tags = message.header("If-None-Match"); !tags.empty()) {
    if (matches(tags, file.etag, true)) return {.status = 304};
  } else if (const auto since = parse_date(message.header("If-Modified-Since")); since && file.modified <= *since) {
    return {.status = 304};
  }
  const auto range = message.header("Range");
  // RFC 9110, 14.2: Range applies only to GET.
  if (range.empty() || message.method() != verb::get || !range_holds(message, file, now)) return {.size = file.size};
  return select_range(range, file.size);
}

}  // namespace brood::http::detail

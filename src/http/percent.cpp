#include "http/percent.hpp"

#include <algorithm>
#include <utility>

#include "brood/http/request.hpp"

namespace brood::http {
namespace detail {
namespace {

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

int escaped_byte(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = digit(text[1]);
  const int low = digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const int byte = escaped_byte(text);
    result += byte < 0 ? text.front() : static_cast<char>(byte);
    text.remove_prefix(byte < 0 ? 1 : 3);
  }
  return result;
}

}  // namespace detail

std::vector<query_parameter> parse_query(std::string_view text) {
  std::vector<query_parameter> result;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (one.empty()) continue;
    const auto name = one.substr(0, one.find('='));
    const auto value = one.substr(std::min(name.size() + 1, one.size()));
    result.push_back({detail::form_decoded(name), detail::form_decoded(value)});
  }
  return result;
}

}  // namespace brood::http

#include "http/url.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "http/text.hpp"

namespace brood::http::detail {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view secure_scheme = "https://";
constexpr byte_set name_bytes{letters_and_digits, "-._~"};
constexpr byte_set address_bytes{letters_and_digits, ":.%"};

bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
  const auto* end = text.data() + text.size();
  const auto [stopped, ec] = std::from_chars(text.data(), end, port);
  return ec == std::errc{} && stopped == end && port != 0;
}

/// Parses "host", "host:port", "[address]" or "[address]:port".
bool parse_authority(std::string_view text, url& to) noexcept {
  to.authority = text;
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == text.npos) return false;
  to.host = text.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  text.remove_prefix(end + (bracketed ? 1 : 0));
  const auto& allowed = bracketed ? address_bytes : name_bytes;
  if (to.host.empty() || !allowed.holds_all(to.host)) return false;
  return text.empty() || (text.front() == ':' && parse_port(text.substr(1), to.port));
}

bool is_target(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
}

}  // namespace

url parse_url(std::string_view text) {
  url result;
  result.secure = same_name(text.substr(0, secure_scheme.size()), secure_scheme);
  if (result.secure) result.port = 443;
  const auto scheme = result.secure ? secure_scheme : plain_scheme;
  bool good = same_name(text.substr(0, scheme.size()), scheme);
  if (good) {
    const auto rest = text.substr(scheme.size(), text.find('#') - scheme.size());
    const auto path = std::min(rest.find_first_of("/?"), rest.size());
    result.target = rest.substr(path);
    if (!result.target.starts_with('/')) result.target.insert(0, 1, '/');
    good = parse_authority(rest.substr(0, path), result) && is_target(result.target);
  }
  if (!good) throw std::invalid_argument("http: unsupported URL: " + std::string(text));
  return result;
}

}  // namespace brood::http::detail

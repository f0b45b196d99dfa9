#pragma once

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace brood::detail::policy {

/// The keys of TLS session tickets that the workers of a port share, in Node's format with two additional members:
///
///     {"ticketKeys": "<96 hexadecimal digits>", "ticketKeysFor": <milliseconds>, "oldTicketKeys": "<96 digits>"}
///
/// The first keys encrypt new tickets; the old ones still decrypt. This file does not depend on TLS. Randomness is
/// passed in.
namespace ticket_keys {

constexpr std::size_t size = 48;
/// A minimum: renewing keys more often would only cause messages.
constexpr std::chrono::milliseconds shortest{100};
constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};

/// How long the keys encrypt new tickets. Empty if they are not renewed, or if there are none.
inline std::optional<std::chrono::milliseconds> lifetime(const boost::json::value& data) {
  const auto* object = data.if_object();
  if (object == nullptr) return std::nullopt;
  const auto* keys = object->if_contains("ticketKeys");
  const auto* given = object->if_contains("ticketKeysFor");
  if (keys == nullptr || !keys->is_string() || given == nullptr) return std::nullopt;
  const auto* number = given->if_int64();
  if (number == nullptr || *number <= 0) return std::nullopt;
  return std::chrono::milliseconds(std::clamp(*number, shortest.count(), longest.count()));
}

/// Returns the successor of `data`, which has a lifetime: the current keys become the old ones.
inline boost::json::value renewed(const boost::json::value& data, std::span<const unsigned char, size> random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (const unsigned char byte : random) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  boost::json::object result = data.as_object();
  result["oldTicketKeys"] = data.at("ticketKeys");
  result["ticketKeys"] = text;
  return result;
}

}  // namespace ticket_keys
}  // namespace brood::detail::policy

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

/// The keys of TLS session tickets as the workers of a port share them, in Node's form with two members of ours:
///
///     {"ticketKeys": "<96 hexadecimal digits>", "ticketKeysFor": <milliseconds>, "oldTicketKeys": "<96 digits>"}
///
/// New tickets are made with the first; those made with the old ones are understood too. Nobody here knows what is done
/// with them. Randomness is passed in.
namespace ticket_keys {

constexpr std::size_t size = 48;
/// More often than this is nothing but messages, whatever a worker says.
constexpr std::chrono::milliseconds shortest{100};
constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};

/// How long keys are used for new tickets; none where they are not to be renewed, or there are none.
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

/// What takes the place of `data`, which has a lifetime: the keys in use become the old ones.
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

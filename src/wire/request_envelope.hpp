#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brood/message.hpp"

/// Requests and their answers. They are ordinary messages of a program, so that a Node program can take part: an object
/// with a number under one of these keys, and what the number belongs to under `body` or `error`.
namespace brood::detail::wire {

inline constexpr std::string_view request_key = "brood:request";
inline constexpr std::string_view answer_key = "brood:answer";

struct request_envelope {
  enum class kind { request, answer, failure };
  kind what;
  std::uint64_t id;  ///< the requester's number, from 1 on
};

/// None if the message is anything but such an envelope: with a member more, an id that is no positive integer, an
/// error that is no text.
std::optional<request_envelope> read_request_envelope(const boost::json::value& body) noexcept;

/// What is inside an envelope: null if it has no `body`, and the text of a failure.
message open_request_envelope(message&& from, request_envelope::kind what);

/// `{key: id, "body": body}`
boost::json::value in_request_envelope(std::string_view key, std::uint64_t id, boost::json::value body);
value in_request_envelope(std::string_view key, std::uint64_t id, value body);
/// `{"brood:answer": id, "error": text}`
boost::json::value failure_envelope(std::uint64_t id, std::string_view text);

}  // namespace brood::detail::wire

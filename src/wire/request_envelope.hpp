#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brood/message.hpp"

/// Requests and their responses. They are ordinary messages of a program, so that a Node program can take part: an
/// object with a number under one of these keys, and the content under `body` or `error`.
namespace brood::detail::wire {

inline constexpr std::string_view request_key = "brood:request";
inline constexpr std::string_view answer_key = "brood:answer";

struct request_envelope {
  enum class kind { request, answer, failure };
  kind what;
  std::uint64_t id;  ///< chosen by the requester, from 1 on
};

/// Empty if the message is not exactly such an envelope: it has another member, an id that is not a positive integer,
/// or an error that is not a string.
std::optional<request_envelope> read_request_envelope(const boost::json::value& body) noexcept;

/// The content of an envelope: null without a `body`; the text of a failure.
message open_request_envelope(message&& from, request_envelope::kind what);

/// `{key: id, "body": body}`
boost::json::value in_request_envelope(std::string_view key, std::uint64_t id, boost::json::value body);
value in_request_envelope(std::string_view key, std::uint64_t id, value body);
/// `{"brood:answer": id, "error": text}`
boost::json::value failure_envelope(std::uint64_t id, std::string_view text);

}  // namespace brood::detail::wire

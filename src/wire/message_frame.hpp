#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <string>
#include <string_view>

#include "brood/message.hpp"
#include "brood/serialization.hpp"

/// Whole frames, with the newline or the length they have on the channel, in either serialization.
namespace brood::detail::wire {

class outlet;

/// What goes around the body of a message that travels with a descriptor (NODE_HANDLE).
struct handle_envelope {
  attachment::kind type;
  bool ipv6 = false;  ///< of a datagram socket
};

/// Appends the frame of a message to `buffer`, in an envelope or without.
void append_frame(std::string& buffer, serialization form, const boost::json::value& body,
                  const handle_envelope* around = nullptr);
/// The same for a message in the json serialization that may leave in parts: what stays in `buffer` is the rest of it,
/// with the newline.
void append_frame(std::string& buffer, const boost::json::value& body, outlet& out);
/// The body given as JSON text, without a newline in it.
void append_text_frame(std::string& buffer, serialization form, std::string_view body,
                       const handle_envelope* around = nullptr);
/// The same for what may be no JSON at all: false then, and nothing is appended.
[[nodiscard]] bool append_json_frame(std::string& buffer, serialization form, std::string_view text);
/// False where the serialization has no form for it; nothing is appended then.
[[nodiscard]] bool append_value_frame(std::string& buffer, serialization form, const value& body,
                                      const handle_envelope* around = nullptr);

/// What a frame holds, without its newline or length.
std::string_view content_of_frame(std::string_view frame, serialization form) noexcept;

/// How many bytes the frame takes that begins with these, which are a whole one at least.
std::size_t size_of_first_frame(std::string_view frames, serialization form) noexcept;

/// Reads a frame without its newline or length; the descriptor is the caller's matter. Says errc::protocol_error where
/// it is not a message.
message read_frame(std::string_view frame, serialization form, boost::system::error_code& ec);

}  // namespace brood::detail::wire

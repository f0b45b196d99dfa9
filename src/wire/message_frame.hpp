#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <string>
#include <string_view>

#include "brood/message.hpp"
#include "brood/serialization.hpp"

/// Complete frames, with their newline or length, in either serialization.
namespace brood::detail::wire {

class outlet;

/// The envelope of a message with a handle (NODE_HANDLE).
struct handle_envelope {
  attachment::kind type;
  bool ipv6 = false;  ///< of a datagram socket
};

/// Appends the frame of a message to `buffer`, with or without an envelope.
void append_frame(std::string& buffer, serialization form, const boost::json::value& body,
                  const handle_envelope* around = nullptr);
/// The same for a message in the json serialization that may be sent in parts. `buffer` gets the rest of it, with the
/// newline.
void append_frame(std::string& buffer, const boost::json::value& body, outlet& out);
/// The same for a body that is JSON text already, without a newline in it.
void append_text_frame(std::string& buffer, serialization form, std::string_view body,
                       const handle_envelope* around = nullptr);
/// The same for text that may be invalid JSON. Returns false then and appends nothing.
[[nodiscard]] bool append_json_frame(std::string& buffer, serialization form, std::string_view text);
/// Returns false if the serialization cannot represent the value. Nothing is appended then.
[[nodiscard]] bool append_value_frame(std::string& buffer, serialization form, const value& body,
                                      const handle_envelope* around = nullptr);

/// The content of a frame, without its newline or length.
std::string_view content_of_frame(std::string_view frame, serialization form) noexcept;

/// The size of the first of these frames, which must be complete.
std::size_t size_of_first_frame(std::string_view frames, serialization form) noexcept;

/// Reads a frame without its newline or length. The caller adds the handle. The error is errc::protocol_error if it is
/// not a message.
message read_frame(std::string_view frame, serialization form, boost::system::error_code& ec);

}  // namespace brood::detail::wire

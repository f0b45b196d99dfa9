#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "brood/message.hpp"

/// The frames of Node's channel that are not user messages, as JSON text and back.
namespace brood::detail::wire {

inline constexpr std::string_view handle_ack = R"({"cmd":"NODE_HANDLE_ACK"})";
inline constexpr std::string_view handle_nack = R"({"cmd":"NODE_HANDLE_NACK"})";
/// A brood child's first word to a brood parent. Node drops what begins with NODE_ and is unknown to it.
inline constexpr std::string_view brood_greeting = R"({"cmd":"NODE_BROOD"})";

/// The command of an internal message, "NODE_CLUSTER" and the like; empty for what is the user's. Node's rule: an
/// object whose `cmd` is a string that starts with NODE_ and is longer than that.
std::string_view internal_command(const boost::json::value& value) noexcept;

/// Node's name for what a descriptor is: "net.Socket".
std::string_view type_name(attachment::kind type) noexcept;

/// The frame that announces a descriptor: `body` is the text of the message that goes with it. Of a datagram socket
/// Node has to be told whether it is one of IPv6.
std::string handle_frame(attachment::kind type, std::string_view body, bool ipv6 = false);

/// What a NODE_HANDLE frame carries. Node wraps a frame that it has to send again in a second one; that is undone
/// here, so it counts, and is acknowledged, as one.
struct handle_content {
  attachment::kind type = attachment::kind::native;
  boost::json::value body{};
  std::string key{};  ///< of the server that accepted the socket, if the sender wants to know what becomes of it
};
handle_content open_handle_frame(boost::json::object frame);
/// The body alone, of a frame that holds more than JSON can.
value open_rich_handle_frame(value frame);

}  // namespace brood::detail::wire

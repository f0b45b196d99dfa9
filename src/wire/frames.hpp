#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "brood/message.hpp"

/// Frames of Node's channel that are not messages of the program, as JSON text and back.
namespace brood::detail::wire {

inline constexpr std::string_view handle_ack = R"({"cmd":"NODE_HANDLE_ACK"})";
inline constexpr std::string_view handle_nack = R"({"cmd":"NODE_HANDLE_NACK"})";
/// The first message of a brood child to a brood parent. Node ignores unknown commands that begin with NODE_.
inline constexpr std::string_view brood_greeting = R"({"cmd":"NODE_BROOD"})";

/// The command of an internal message, such as "NODE_CLUSTER"; empty for a message of the program. Node's rule: an
/// object whose `cmd` is a string that starts with NODE_ and is longer than that.
std::string_view internal_command(const boost::json::value& value) noexcept;

/// Node's name for the type of a handle: "net.Socket".
std::string_view type_name(attachment::kind type) noexcept;

/// The frame that announces a handle. `body` is the text of the message that goes with it. For a datagram socket, Node
/// must know whether it is an IPv6 one.
std::string handle_frame(attachment::kind type, std::string_view body, bool ipv6 = false);

/// The content of a NODE_HANDLE frame. When Node sends such a frame again, it wraps it in a second one. That is undone
/// here, so the frame counts, and is acknowledged, once.
struct handle_content {
  attachment::kind type = attachment::kind::native;
  boost::json::value body{};
  std::string key{};  ///< of the server that accepted the socket, if the sender asks about the socket later
};
handle_content open_handle_frame(boost::json::object frame);
/// The body of a frame that contains more than JSON can represent.
value open_rich_handle_frame(value frame);

}  // namespace brood::detail::wire

#include "wire/frames.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<attachment::kind, std::string_view>, 5> type_names{{
    {attachment::kind::native, "net.Native"},
    {attachment::kind::socket, "net.Socket"},
    {attachment::kind::server, "net.Server"},
    {attachment::kind::datagram_native, "dgram.Native"},
    {attachment::kind::datagram, "dgram.Socket"},
}};

attachment::kind type_of(const json::object& frame) {
  const json::value* type = frame.if_contains("type");
  for (const auto& [known, name] : type_names) {
    if (type != nullptr && type->is_string() && std::string_view(type->get_string()) == name) return known;
  }
  return attachment::kind::native;
}

std::string key_of(const json::object& frame) {
  const json::value* key = frame.if_contains("key");
  return key != nullptr && key->is_string() ? std::string(key->get_string()) : std::string();
}

}  // namespace

std::string_view type_name(attachment::kind type) noexcept {
  for (const auto& [known, name] : type_names) {
    if (known == type) return name;
  }
  return type_names.front().second;
}

/// Called for every message. Most objects have few members, and comparing their keys is cheaper than the object's own
/// lookup.
std::string_view internal_command(const json::value& value) noexcept {
  constexpr std::string_view prefix = "NODE_";
  const json::object* object = value.if_object();
  if (object == nullptr) return {};
  const auto command =
      std::find_if(object->begin(), object->end(), [](const auto& member) { return member.key() == "cmd"; });
  const json::string* text = command != object->end() ? command->value().if_string() : nullptr;
  if (text == nullptr || text->size() <= prefix.size() || !std::string_view(*text).starts_with(prefix)) return {};
  return *text;
}

std::string handle_frame(attachment::kind type, std::string_view body, bool ipv6) {
  std::string frame = R"({"cmd":"NODE_HANDLE","type":")";
  frame += type_name(type);
  if (type == attachment::kind::datagram) frame += ipv6 ? R"(","dgramType":"udp6)" : R"(","dgramType":"udp4)";
  frame += R"(","msg":)";
  frame += body;
  frame += '}';
  return frame;
}

handle_content open_handle_frame(json::object frame) {
  handle_content content{.type = type_of(frame), .key = key_of(frame)};
  if (json::value* body = frame.if_contains("msg")) content.body = std::move(*body);
  while (internal_command(content.body) == "NODE_HANDLE") {
    json::object inner = std::move(content.body.get_object());
    content.type = type_of(inner);
    content.key = key_of(inner);
    json::value* body = inner.if_contains("msg");
    content.body = body != nullptr ? std::move(*body) : json::value();
  }
  return content;
}

value open_rich_handle_frame(value frame) {
  const auto is_handle = [](const value& v) {
    const value* command = v.find("cmd");
    const auto* text = command != nullptr ? command->get_if<std::string>() : nullptr;
    return text != nullptr && *text == "NODE_HANDLE";
  };
  // A frame may contain itself; this limits the nesting.
  constexpr int max_envelopes = 16;
  for (int i = 0; i < max_envelopes && is_handle(frame); ++i) {
    const value* body = frame.find("msg");
    frame = body != nullptr ? value(*body) : value();
  }
  return frame;
}

}  // namespace brood::detail::wire

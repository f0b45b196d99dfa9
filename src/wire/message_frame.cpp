#include "wire/message_frame.hpp"

#include <algorithm>

#include "brood/error.hpp"
#include "wire/block_length.hpp"
#include "wire/clone_json.hpp"
#include "wire/clone_reader.hpp"
#include "wire/clone_writer.hpp"
#include "wire/frames.hpp"
#include "wire/json_text.hpp"
#include "wire/json_writer.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;

void append_line(std::string& buffer, std::string_view body, const handle_envelope* around) {
  if (around != nullptr) {
    buffer += handle_frame(around->type, body, around->ipv6);
  } else {
    buffer += body;
  }
  buffer += '\n';
}

/// Writes the same members as handle_frame().
void begin_envelope(clone_writer& to, const handle_envelope& around) {
  to.begin_object();
  to.key("cmd");
  to.text("NODE_HANDLE");
  to.key("type");
  to.text(type_name(around.type));
  if (around.type == attachment::kind::datagram) {
    to.key("dgramType");
    to.text(around.ipv6 ? "udp6" : "udp4");
  }
  to.key("msg");
}

void end_envelope(clone_writer& to, const handle_envelope& around) {
  to.end_object(around.type == attachment::kind::datagram ? 4 : 3);
}

message read_line(std::string_view line, boost::system::error_code& ec) {
  message content{.body = parse_json_text(line, ec)};
  if (ec) ec = errc::protocol_error;
  return content;
}

}  // namespace

void append_frame(std::string& buffer, serialization form, const json::value& body, const handle_envelope* around) {
  if (form == serialization::json) {
    if (around != nullptr) return append_line(buffer, to_json_text(body), around);
    append_json_text(buffer, body);
    buffer += '\n';
    return;
  }
  clone_writer to(buffer);
  if (around != nullptr) begin_envelope(to, *around);
  to.write(body);
  if (around != nullptr) end_envelope(to, *around);
  to.finish();
}

void append_frame(std::string& buffer, const json::value& body, outlet& out) {
  append_json_text(buffer, body, &out);
  buffer += '\n';
}

void append_text_frame(std::string& buffer, serialization form, std::string_view body, const handle_envelope* around) {
  if (form == serialization::json) return append_line(buffer, body, around);
  boost::system::error_code ec;
  append_frame(buffer, form, parse_json_text(body, ec), around);
}

bool append_json_frame(std::string& buffer, serialization form, std::string_view text) {
  if (!is_json_text(text)) return false;
  if (form == serialization::advanced) {
    append_text_frame(buffer, form, text);
    return true;
  }
  const auto begin = buffer.size();
  buffer += text;
  std::replace(buffer.begin() + static_cast<std::ptrdiff_t>(begin), buffer.end(), '\n', ' ');  // only between tokens
  buffer += '\n';
  return true;
}

bool append_value_frame(std::string& buffer, serialization form, const value& body, const handle_envelope* around) {
  if (form == serialization::json) {
    const auto converted = to_json(body);
    if (converted) append_frame(buffer, form, *converted, around);
    return converted.has_value();
  }
  clone_writer to(buffer);
  if (around != nullptr) begin_envelope(to, *around);
  const bool written = to.write(body);
  if (around != nullptr) end_envelope(to, *around);
  if (written) {
    to.finish();
  } else {
    to.drop();
  }
  return written;
}

std::string_view content_of_frame(std::string_view frame, serialization form) noexcept {
  if (form == serialization::json) return frame.substr(0, frame.size() - 1);
  return frame.substr(length_size);
}

std::size_t size_of_first_frame(std::string_view frames, serialization form) noexcept {
  if (form == serialization::json) return frames.find('\n') + 1;
  return length_size + block_length(frames.data());
}

message read_frame(std::string_view frame, serialization form, boost::system::error_code& ec) {
  ec.clear();
  if (form == serialization::json) return read_line(frame, ec);
  if (auto body = read_clone_as_json(frame)) return {.body = std::move(*body)};
  auto whole = read_clone(frame);
  if (!whole) {
    ec = errc::protocol_error;
    return {};
  }
  json::value body = json_view(*whole);
  return {.body = std::move(body), .rich = std::move(*whole)};
}

}  // namespace brood::detail::wire

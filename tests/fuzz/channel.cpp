// Bytes as a peer may send them over the channel, through all that reads them: lines, JSON, frames, cluster messages.
// However they are cut, the same must come out; and what came in can be sent on, for a peer's own parser to read.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "wire/cluster_message.hpp"
#include "wire/frame_buffer.hpp"
#include "wire/frames.hpp"
#include "wire/json_parts.hpp"
#include "wire/json_text.hpp"
#include "wire/parts.hpp"

namespace {

namespace json = boost::json;
using namespace brood::detail::wire;

constexpr std::size_t longest_line = 4096;

void check(bool holds) {
  if (!holds) std::abort();
}

/// What brood writes is one line of JSON.
void check_sendable(const std::string& text) {
  check(text.find('\n') == std::string::npos);
  boost::system::error_code ec;
  parse_json_text(text, ec);
  check(!ec);
}

void check_cluster(const json::object& object) {
  const cluster_message m = parse_cluster_message(object);
  check(m.error >= 0 && m.error <= 4095);
  check_sendable(query_text(m.seq, m.request));
  check_sendable(listening_text(m.seq, m.request, m.request.port));
  check_sendable(listen_reply_text(m.seq, m.ack.value_or(0), m.request.key(), static_cast<int>(m.error), m.sockname,
                                   m.request.data));
  check_sendable(close_text(m.seq, m.key));
  check_sendable(new_connection_text(m.seq, m.key));
}

/// The same comes out where the text comes in parts.
void check_parts(std::string_view line, const json::value* whole) {
  boost::system::error_code ec;
  json_parts parts;
  for (std::size_t at = 0, size = 1; at < line.size() && !ec; at += size, size = 1 + size * 2 % 7) {
    parts.add(line.substr(at, size), line.size(), ec);
  }
  const json::value value = ec ? json::value() : parts.end(ec);
  check(ec.failed() == (whole == nullptr));
  check(whole == nullptr || value == *whole);
}

/// One line, as a channel takes it. What it was, or nothing where the peer is to be cut off.
std::string read_line(std::string_view line) {
  boost::system::error_code ec;
  json::value value = parse_json_text(line, ec);
  check_parts(line, ec ? nullptr : &value);
  if (ec) return {};
  std::string text = to_json_text(value);
  check_sendable(text);
  std::string_view command = internal_command(value);
  if (command == "NODE_HANDLE") {
    handle_content content = open_handle_frame(std::move(value.get_object()));
    check(internal_command(content.body) != "NODE_HANDLE");
    text += "handle ";
    text += to_json_text(content.body);
    check_sendable(handle_frame(content.type, to_json_text(content.body), true));
    value = std::move(content.body);
    command = internal_command(value);
  }
  if (!command.empty()) {
    check_cluster(value.get_object());
    const auto part = read_part(value.get_object());
    check(!part || part->size != 0);
  }
  return text.append(command).append("\n");
}

/// Feeds `bytes` in pieces of `step`.
std::string read(std::string_view bytes, std::size_t step) {
  frame_buffer buffer(brood::serialization::json, longest_line);
  std::string text;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    std::memcpy(buffer.prepare(piece.size()), piece.data(), piece.size());
    buffer.commit(piece.size());
    while (const auto line = buffer.next()) {
      const std::string what = read_line(*line);
      if (what.empty()) return text.append("refused");
      text += what;
    }
    if (buffer.too_long()) return text.append("refused");
  }
  return text;
}

/// A line that is too long is found sooner or later, or not at all if its end comes along with it.
bool same(std::string_view a, std::string_view b) {
  constexpr std::string_view refused = "refused";
  if (a.ends_with(refused) && b.starts_with(a.substr(0, a.size() - refused.size()))) return true;
  if (b.ends_with(refused) && a.starts_with(b.substr(0, b.size() - refused.size()))) return true;
  return a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto whole = read(bytes, bytes.size());
  const auto pieces = read(bytes, 1 + data[0] % 32);
  const auto single = read(bytes, 1);
  check(same(whole, pieces) && same(whole, single) && same(pieces, single));
  return 0;
}

// Bytes as a peer may send them. However they are cut, and whether bodies are collected or streamed, the reader must
// come to the same requests and the same refusal, must not touch what is not its own, and must not keep more than the
// limits allow.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/message_reader.hpp"

namespace {

using namespace brood::http;
using namespace brood::http::detail;

constexpr message_reader::limits limits{.header_size = 512, .headers_count = 16, .body_size = 256};
constexpr message_reader::limits streaming{.header_size = 512, .headers_count = 16, .body_size = 256, .streams = true};

void check(bool holds) {
  if (!holds) std::abort();
}

/// A piece must lie within the buffer.
void check_within(std::string_view piece, const byte_buffer& buffer) {
  const auto all = buffer.view();
  check(piece.data() >= all.data() && piece.data() + piece.size() <= all.data() + all.size());
}

std::string describe(const request& r, const byte_buffer& buffer, std::string_view body) {
  std::string text{r.method_string()};
  check_within(r.method_string(), buffer);
  check_within(r.target(), buffer);
  check_within(r.body(), buffer);
  check(body.size() <= limits.body_size && r.headers().size() <= limits.headers_count);
  text.append(r.target()).append(r.path()).append(r.query()).append(body);
  for (const auto field : r.headers()) {
    check_within(field.name, buffer);
    check_within(field.value, buffer);
    check(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
    text.append(field.name).append(field.value);
  }
  return text.append(r.keep_alive() ? "+" : "-");
}

/// Feeds `bytes` in pieces of `step`.
std::string read(std::string_view bytes, std::size_t step) {
  message_reader reader{limits};
  byte_buffer buffer;
  std::string text;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    buffer.append(piece);
    while (!buffer.empty()) {
      const auto verdict = reader.advance(buffer);
      if (verdict == message_reader::verdict::more) break;
      if (verdict == message_reader::verdict::refused) {
        const int status = reader.refusal();
        check(status >= 400 && status <= 599);
        return text.append("refused");
      }
      text += describe(reader.message(), buffer, reader.message().body());
      check(reader.consumed() > 0 && reader.consumed() <= buffer.size());
      buffer.consume(reader.consumed());
      reader.next();
    }
    check(buffer.size() <= 2 * limits.header_size + limits.body_size + step);
  }
  return text;
}

/// A connection whose handler reads bodies itself, in the state it has got to.
struct streaming_connection {
  message_reader reader{streaming};
  byte_buffer head;
  byte_buffer rest;
  std::string body{};
  bool in_message = false;  // its head has come
  bool in_body = false;
  bool waits = false;  // for more of a head
  std::string text{};

  /// False once refused.
  bool read_body() {
    while (in_body) {
      const auto piece = reader.read_body(rest);
      if (piece.refused != 0) return false;
      check(piece.size <= rest.size() && piece.consumed <= rest.size());
      body.append(rest.view().substr(0, piece.size));
      rest.consume(piece.consumed);
      if (!piece.end && piece.size == 0) break;
      in_body = !piece.end;
    }
    check(rest.size() <= 2 * limits.header_size + limits.body_size || !in_body);
    return true;
  }
  void end_message() {
    text += describe(reader.message(), head, body);
    head.consume(reader.consumed());
    head.append(rest.view());
    rest.clear();
    body.clear();
    reader.next();
  }
  bool read_head() {
    const auto verdict = reader.advance(head);
    if (verdict == message_reader::verdict::refused) return false;
    if (verdict == message_reader::verdict::more) return waits = true;
    rest.append(head.view().substr(reader.consumed()));
    head.truncate(reader.consumed());
    in_body = reader.streams_body();
    return true;
  }

  bool take(std::string_view piece) {
    (in_message ? rest : head).append(piece);
    for (waits = false;;) {
      if (!in_message) {
        if (head.empty()) return true;
        if (!read_head()) return false;
        if (waits) return true;
        in_message = true;
      }
      if (!read_body()) return false;
      if (in_body) return true;
      end_message();
      in_message = false;
    }
  }
};

std::string read_streamed(std::string_view bytes, std::size_t step) {
  streaming_connection connection;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    if (!connection.take(piece)) return connection.text.append("refused");
  }
  return connection.text;
}

/// What will never become a request may be refused before its end has come, if its bytes happen to be looked at then.
bool same(const std::string& a, const std::string& b) { return a == b || a == b + "refused" || a + "refused" == b; }

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto whole = read(bytes, bytes.size());
  const auto pieces = read(bytes, 1 + data[0] % 32);
  const auto single = read(bytes, 1);
  check(same(whole, pieces) && same(whole, single) && same(pieces, single));
  const auto streamed = read_streamed(bytes, 1 + data[0] % 32);
  check(same(whole, streamed) && same(single, streamed) && same(whole, read_streamed(bytes, 1)));
  return 0;
}

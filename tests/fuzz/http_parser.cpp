// Bytes as a peer may send them. However they are cut, the reader must come to the same requests and the same refusal,
// must not touch what is not its own, and must not keep more than the limits allow.
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

void check(bool holds) {
  if (!holds) std::abort();
}

/// A piece must lie within the buffer.
void check_within(std::string_view piece, const byte_buffer& buffer) {
  const auto all = buffer.view();
  check(piece.data() >= all.data() && piece.data() + piece.size() <= all.data() + all.size());
}

std::string describe(const request& r, const byte_buffer& buffer) {
  std::string text{r.method_string()};
  check_within(r.method_string(), buffer);
  check_within(r.target(), buffer);
  check_within(r.body(), buffer);
  check(r.body().size() <= limits.body_size && r.headers().size() <= limits.headers_count);
  text.append(r.target()).append(r.path()).append(r.query()).append(r.body());
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
      text += describe(reader.message(), buffer);
      check(reader.consumed() > 0 && reader.consumed() <= buffer.size());
      buffer.consume(reader.consumed());
      reader.next();
    }
    check(buffer.size() <= 2 * limits.header_size + limits.body_size + step);
  }
  return text;
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
  return 0;
}

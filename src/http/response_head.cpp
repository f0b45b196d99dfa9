#include "http/response_head.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/status_text.hpp"

namespace brood::http::detail {
namespace {

// More than the longest status line, Content-Length, Connection and the line ends together.
constexpr std::size_t fixed_part = 256;

/// Writes into a buffer that is known to be large enough.
class writer {
 public:
  explicit writer(char* to) noexcept : at_(to) {}
  writer& operator<<(std::string_view text) noexcept {
    at_ = std::copy(text.begin(), text.end(), at_);
    return *this;
  }
  writer& operator<<(std::uint64_t number) noexcept {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* end() const noexcept { return at_; }

 private:
  char* at_;
};

void write_framing(writer& to, const response_head& head) {
  switch (head.body) {
    case framing::length: to << "Content-Length: " << head.length << "\r\n"; break;
    case framing::chunked: to << "Transfer-Encoding: chunked\r\n"; break;
    case framing::none:
    case framing::close: break;
  }
}

void write_connection(writer& to, persistence connection) {
  switch (connection) {
    case persistence::close: to << "Connection: close\r\n"; break;
    case persistence::keep_alive: to << "Connection: keep-alive\r\n"; break;
    case persistence::by_default: break;
  }
}

}  // namespace

void append_head(byte_buffer& out, const response_head& head) {
  auto* start = out.prepare(fixed_part + head.fields.size() + head.date.size()).data();
  writer to{start};
  if (head.status == 200) {
    to << "HTTP/1.1 200 OK\r\n";
  } else {
    to << "HTTP/1.1 " << static_cast<std::uint64_t>(head.status) << " " << reason_phrase(head.status) << "\r\n";
  }
  to << head.fields << head.date;
  write_framing(to, head);
  write_connection(to, head.connection);
  to << "\r\n";
  out.commit(static_cast<std::size_t>(to.end() - start));
}

void append_chunk_size(byte_buffer& out, std::uint64_t size) {
  auto* start = out.prepare(18).data();
  auto* end = std::to_chars(start, start + 16, size, 16).ptr;
  std::memcpy(end, "\r\n", 2);
  out.commit(static_cast<std::size_t>(end + 2 - start));
}

void append_chunk(byte_buffer& out, std::string_view data) {
  if (data.empty()) return;
  append_chunk_size(out, data.size());
  out.append(data);
  out.append("\r\n");
}

}  // namespace brood::http::detail

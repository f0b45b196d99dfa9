#pragma once

#include <cstdint>
#include <string_view>

#include "http/byte_buffer.hpp"

namespace brood::http::detail {

/// How the peer finds the end of a body (RFC 9112, 6.3).
enum class framing : unsigned char {
  none,     ///< no body and no length: 204, 304
  length,   ///< Content-Length
  chunked,  ///< Transfer-Encoding: chunked
  close,    ///< the connection is closed
};

/// The Connection field; none if the default of the version applies.
enum class persistence : unsigned char { by_default, close, keep_alive };

struct response_head {
  int status = 200;
  std::string_view fields{};  ///< complete lines
  std::string_view date{};    ///< a complete line, or empty
  framing body = framing::length;
  std::uint64_t length = 0;
  persistence connection = persistence::by_default;
};

/// Appends status line, fields and the empty line.
void append_head(byte_buffer& out, const response_head& head);

/// Appends a chunk. An empty one would end the body, so it is omitted.
void append_chunk(byte_buffer& out, std::string_view data);
void append_chunk_size(byte_buffer& out, std::uint64_t size);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace brood::http::detail

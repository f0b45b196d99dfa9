#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "brood/http/request.hpp"
#include "http/byte_buffer.hpp"
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"

namespace brood::http::detail {

/// Parses the input of a connection: a complete request, an incomplete one, or an invalid one. No I/O.
///
///     head --whole--> body, chunks --all there--> ready --next()--> head
///       any of them --> refused, which is the end
class message_reader {
 public:
  struct limits {
    std::size_t header_size;
    std::size_t headers_count;
    std::size_t body_size;
    bool streams = false;  ///< a request is ready after its head; read_body() reads its body
  };
  enum class verdict { more, ready, refused };

  explicit message_reader(const limits& l) noexcept : limits_(&l) {}

  /// `buffer` begins with the current message. Since the last call it may have grown or moved. The encoding of a
  /// chunked body is removed in place.
  verdict advance(byte_buffer& buffer);

  /// Valid from `ready` until next(), or until the buffer changes.
  const request& message() const noexcept { return request_; }
  /// The size of the message in the buffer, once ready.
  std::size_t consumed() const noexcept { return consumed_; }
  /// The size of the head, including empty lines before it, once ready.
  std::size_t head_size() const noexcept { return request_.body_offset_; }
  /// The status of the error response.
  int refusal() const noexcept { return refusal_; }

  /// A part of a streamed body.
  struct piece {
    int refused = 0;           ///< the status of the error response
    bool end = false;          ///< the body ends here
    std::size_t size = 0;      ///< of the content, which is at the front of the bytes now
    std::size_t consumed = 0;  ///< the number of input bytes to remove before the next call
  };
  /// Whether the message is ready and its body must be read by read_body().
  bool streams_body() const noexcept { return streamed_; }
  /// Reads the available part of the body and decodes it in place. If it is empty and not the end, more input is
  /// needed.
  piece read_body(byte_buffer& bytes);

  /// The head is complete, the body is not.
  bool in_body() const noexcept { return stage_ != stage::head; }
  /// Whether the peer waits for "100 Continue" before it sends the body (RFC 9110, 10.1.1). True at most once for each
  /// message.
  bool take_continue(const byte_buffer& buffer) noexcept;

  /// Ends the current message; the next one begins.
  void next() noexcept;

 private:
  enum class stage { head, body, chunks };

  verdict read_head(byte_buffer& buffer);
  verdict await_body(const byte_buffer& buffer) noexcept;
  verdict read_chunks(byte_buffer& buffer);
  verdict refuse(int status) noexcept;
  int head_too_large(std::size_t size) const noexcept;

  const limits* limits_;
  request request_;
  head_scanner scanner_;
  std::optional<request_parser> parser_;
  std::size_t decoded_from_ = 0;  // the beginning of the encoded rest of a chunked body
  std::size_t consumed_ = 0;
  int refusal_ = 0;
  stage stage_ = stage::head;
  bool continued_ = false;
  bool streamed_ = false;
  std::uint64_t left_ = 0;  // of a streamed body with a length
};

}  // namespace brood::http::detail

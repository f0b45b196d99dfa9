#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "brood/http/request.hpp"
#include "http/byte_buffer.hpp"
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"

namespace brood::http::detail {

/// Decides what the bytes of a connection mean: a request, not yet one, or none. Does no I/O.
///
///     head --whole--> body, chunks --all there--> ready --next()--> head
///       any of them --> refused, which is the end
class message_reader {
 public:
  struct limits {
    std::size_t header_size;
    std::size_t headers_count;
    std::size_t body_size;
    bool streams = false;  ///< a request is ready with its head; its body is read by read_body()
  };
  enum class verdict { more, ready, refused };

  explicit message_reader(const limits& l) noexcept : limits_(&l) {}

  /// `buffer` begins with the current message and has grown since the last call, or moved. Reading a chunked body
  /// removes its encoding from the buffer in place.
  verdict advance(byte_buffer& buffer);

  /// Valid once ready, until next() or until the buffer changes.
  const request& message() const noexcept { return request_; }
  /// How many bytes of the buffer the message takes, once ready.
  std::size_t consumed() const noexcept { return consumed_; }
  /// Its head, and empty lines before it, once ready.
  std::size_t head_size() const noexcept { return request_.body_offset_; }
  /// The status to refuse with.
  int refusal() const noexcept { return refusal_; }

  /// A piece of a body that is streamed.
  struct piece {
    int refused = 0;           ///< the status to refuse the message with
    bool end = false;          ///< nothing follows
    std::size_t size = 0;      ///< of what it holds, now at the front of the bytes
    std::size_t consumed = 0;  ///< what it takes of the bytes, before the next call
  };
  /// Ready, with a body to be read by read_body() until it ends.
  bool streams_body() const noexcept { return streamed_; }
  /// Reads what has come of it, decoding it in place. Nothing in it, and not the end: more is needed.
  piece read_body(byte_buffer& bytes);

  /// The head has come whole, the body has not.
  bool in_body() const noexcept { return stage_ != stage::head; }
  /// The peer holds its body back until it is told to go on (RFC 9110, 10.1.1). True once a message.
  bool take_continue(const byte_buffer& buffer) noexcept;

  /// The message is done with; the next one begins.
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
  std::size_t decoded_from_ = 0;  // where the encoded rest of a chunked body begins
  std::size_t consumed_ = 0;
  int refusal_ = 0;
  stage stage_ = stage::head;
  bool continued_ = false;
  bool streamed_ = false;
  std::uint64_t left_ = 0;  // of a streamed body that has a length
};

}  // namespace brood::http::detail

#include "http/message_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace brood::http::detail {

message_reader::verdict message_reader::refuse(int status) noexcept {
  refusal_ = status;
  return verdict::refused;
}

void message_reader::next() noexcept {
  request_.fields_.clear();
  request_.body_size_ = 0;
  scanner_ = {};
  parser_.reset();
  stage_ = stage::head;
  continued_ = streamed_ = false;
}

message_reader::verdict message_reader::advance(byte_buffer& buffer) {
  request_.base_ = buffer.data();
  switch (stage_) {
    case stage::head: return read_head(buffer);
    case stage::body: return await_body(buffer);
    case stage::chunks: return read_chunks(buffer);
  }
  return verdict::more;
}

int message_reader::head_too_large(std::size_t size) const noexcept {
  if (scanner_.lines() > limits_->headers_count + 1) return 431;
  if (size <= limits_->header_size) return 0;
  // nginx and RFC 9112, 3 distinguish a request line that is too long from fields that are too many.
  const auto line = scanner_.first_line_end();
  return line == 0 || line > limits_->header_size ? 414 : 431;
}

message_reader::verdict message_reader::read_head(byte_buffer& buffer) {
  const auto found = scanner_.scan(buffer.view());
  if (found == head_scanner::verdict::garbled) return refuse(400);
  const bool whole = found == head_scanner::verdict::whole;
  // An incomplete head is longer than its received part.
  const auto size = whole ? scanner_.end() : buffer.size() + 1;
  if (const int status = head_too_large(size); status != 0) return refuse(status);
  if (!whole) return verdict::more;

  parser_.emplace(request_, limits_->body_size);
  auto* bytes = buffer.data();
  const int status = parser_->read_head(bytes, bytes + scanner_.start(), size - scanner_.start());
  if (status != 0) return refuse(status);

  request_.body_offset_ = size;
  if (parser_->is_done()) {
    consumed_ = size;
    return verdict::ready;
  }
  if (limits_->streams) {
    streamed_ = true;
    stage_ = parser_->chunked() ? stage::chunks : stage::body;
    left_ = parser_->chunked() ? 0 : *parser_->content_length();
    consumed_ = size;
    return verdict::ready;
  }
  if (parser_->chunked()) {
    stage_ = stage::chunks;
    decoded_from_ = size;
    return read_chunks(buffer);
  }
  stage_ = stage::body;
  return await_body(buffer);
}

message_reader::verdict message_reader::await_body(const byte_buffer& buffer) noexcept {
  const auto size = static_cast<std::size_t>(*parser_->content_length());
  if (buffer.size() - request_.body_offset_ < size) return verdict::more;
  request_.body_size_ = size;
  consumed_ = request_.body_offset_ + size;
  return verdict::ready;
}

message_reader::verdict message_reader::read_chunks(byte_buffer& buffer) {
  auto* bytes = buffer.data();
  const auto size = buffer.size() - decoded_from_;
  const auto progress = parser_->read_body(bytes, bytes + decoded_from_, size);
  if (progress.refused != 0) return refuse(progress.refused);
  consumed_ = decoded_from_ + progress.consumed;
  if (!progress.starved) return verdict::ready;

  // The rest is the beginning of a chunk's size line or of the trailer. It is moved to the end of the decoded body, so
  // that the buffer never holds more than these two.
  const auto left = size - progress.consumed;
  if (left > limits_->header_size) return refuse(431);
  const auto body_end = request_.body_offset_ + request_.body_size_;
  std::memmove(bytes + body_end, bytes + consumed_, left);
  buffer.truncate(body_end + left);
  decoded_from_ = body_end;
  return verdict::more;
}

message_reader::piece message_reader::read_body(byte_buffer& bytes) {
  if (stage_ == stage::body) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= size;
    return {.end = left_ == 0, .size = size, .consumed = size};
  }
  // The parser writes decoded data to the offset of the request's body. For this call that is the front of the bytes.
  const auto head = std::exchange(request_.body_offset_, 0);
  const auto progress = parser_->read_body(bytes.data(), bytes.data(), bytes.size());
  piece result{.refused = progress.refused,
               .end = !progress.starved,
               .size = std::exchange(request_.body_size_, 0),
               .consumed = progress.consumed};
  request_.body_offset_ = head;
  const bool endless_line = result.size == 0 && bytes.size() - result.consumed > limits_->header_size;
  if (result.refused == 0 && progress.starved && endless_line) result.refused = 431;
  return result;
}

bool message_reader::take_continue(const byte_buffer& buffer) noexcept {
  const bool waits = in_body() && parser_->expects_continue() && !continued_ && buffer.size() == request_.body_offset_;
  continued_ = continued_ || in_body();
  return waits;
}

}  // namespace brood::http::detail

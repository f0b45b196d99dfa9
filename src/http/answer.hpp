#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/byte_buffer.hpp"
#include "http/response_head.hpp"

namespace brood::http::detail {

/// Collects status and header fields of the response to one request, and determines how the body is sent. No I/O.
class answer {
 public:
  /// The properties of the request that the response depends on.
  struct question {
    int version = 11;
    bool head = false;        ///< HEAD: no body
    bool keep_alive = false;  ///< permitted by the peer and by the server's limits
  };

  void begin(question q) noexcept;

  /// These throw as the functions of response do. They have no effect after the head was sent.
  void status(int code);
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);

  /// Writes the head, for a body of known length or of unknown length.
  void open(byte_buffer& out, std::string_view date, std::uint64_t length);
  void open(byte_buffer& out, std::string_view date);
  bool opened() const noexcept { return opened_; }

  /// Whether the body is sent at all, and how.
  bool has_body() const noexcept { return !question_.head && framing_ != framing::none; }
  bool chunked() const noexcept { return framing_ == framing::chunked; }
  /// Whether the connection ends with this response.
  bool closes() const noexcept { return closes_; }
  void close() noexcept { closes_ = true; }
  /// Discards status and fields, for another response in place of this one.
  void restart(int code) noexcept;

 private:
  void write_head(byte_buffer& out, std::string_view date, std::uint64_t length);
  /// Checks a field. Returns true if the server writes this field itself.
  bool reserved(std::string_view name, std::string_view value);
  void append(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  question question_;
  std::string fields_;  // "Name: value\r\n" for each field
  int status_ = 200;
  framing framing_ = framing::length;
  bool own_date_ = false;
  bool opened_ = false;
  bool closes_ = false;
};

}  // namespace brood::http::detail

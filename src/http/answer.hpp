#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/byte_buffer.hpp"
#include "http/response_head.hpp"

namespace brood::http::detail {

/// The answer to one request as it takes shape: collects status and fields, and knows how the body is to be sent.
/// Does no I/O.
class answer {
 public:
  /// What of the request decides how it may be answered.
  struct question {
    int version = 11;
    bool head = false;        ///< HEAD: everything but the body
    bool keep_alive = false;  ///< as far as the peer and the server's limits are concerned
  };

  void begin(question q) noexcept;

  /// These throw as response says, and do nothing once the head is on its way.
  void status(int code);
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);

  /// The head of a body whose length is known, or of one that is not.
  void open(byte_buffer& out, std::string_view date, std::uint64_t length);
  void open(byte_buffer& out, std::string_view date);
  bool opened() const noexcept { return opened_; }

  /// Whether the body goes over the wire at all, and how.
  bool has_body() const noexcept { return !question_.head && framing_ != framing::none; }
  bool chunked() const noexcept { return framing_ == framing::chunked; }
  /// The connection ends with this answer.
  bool closes() const noexcept { return closes_; }
  void close() noexcept { closes_ = true; }
  /// Forgets status and fields, for an answer in place of the one begun.
  void restart(int code) noexcept;

 private:
  void write_head(byte_buffer& out, std::string_view date, std::uint64_t length);
  /// Checks a field; true if it is none to be sent as it is.
  bool reserved(std::string_view name, std::string_view value);
  void append(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  question question_;
  std::string fields_;  // "Name: value\r\n" each
  int status_ = 200;
  framing framing_ = framing::length;
  bool own_date_ = false;
  bool opened_ = false;
  bool closes_ = false;
};

}  // namespace brood::http::detail

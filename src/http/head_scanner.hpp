#pragma once

#include <cstddef>
#include <string_view>

namespace brood::http::detail {

/// Finds the end of a message's head while it arrives. Inspects each byte once.
///
/// The parser gets only complete heads, so its result cannot depend on how the network splits the data. Errors that
/// must be detected earlier are detected here: lines that end without CR (RFC 9112, 2.2 permits a server to reject
/// them; they are used for request smuggling), and first bytes that are not HTTP, such as a TLS handshake.
class head_scanner {
 public:
  enum class verdict { more, whole, garbled };

  /// `bytes` is the part of the message that has arrived. Each call must pass the same bytes and more.
  verdict scan(std::string_view bytes) noexcept;

  /// The size of empty lines before the request line, which a server should skip (RFC 9112, 2.2).
  std::size_t start() const noexcept { return start_; }
  /// The offset of the body, once the head is complete.
  std::size_t end() const noexcept { return line_; }
  /// The number of lines so far, including the request line.
  std::size_t lines() const noexcept { return lines_; }
  /// The end of the request line; 0 until it is complete.
  std::size_t first_line_end() const noexcept { return first_line_end_; }

 private:
  bool plausible_start(std::string_view bytes) const noexcept;

  std::size_t start_ = 0;
  std::size_t line_ = 0;     // the beginning of the current line
  std::size_t scanned_ = 0;  // there is no line end before this offset
  std::size_t lines_ = 0;
  std::size_t first_line_end_ = 0;
};

}  // namespace brood::http::detail

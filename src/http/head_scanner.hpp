#pragma once

#include <cstddef>
#include <string_view>

namespace brood::http::detail {

/// Finds the end of a message's head while its bytes come in, looking at each byte once.
///
/// The parser gets a head only when it is whole, so that what it says cannot depend on how the network cut it. What
/// must not wait for the end is decided here: lines that end without CR (RFC 9112, 2.2 lets a server refuse them; they
/// are a means of request smuggling), and first bytes that are no HTTP at all, as of a TLS handshake.
class head_scanner {
 public:
  enum class verdict { more, whole, garbled };

  /// `bytes` are all of the message that have come so far; with each call the same ones and more.
  verdict scan(std::string_view bytes) noexcept;

  /// Empty lines before the request line, which a server ought to skip (RFC 9112, 2.2).
  std::size_t start() const noexcept { return start_; }
  /// Where the body begins, once whole.
  std::size_t end() const noexcept { return line_; }
  /// Lines seen so far, the request line included.
  std::size_t lines() const noexcept { return lines_; }
  /// Where the request line ends; 0 while it has not come whole.
  std::size_t first_line_end() const noexcept { return first_line_end_; }

 private:
  bool plausible_start(std::string_view bytes) const noexcept;

  std::size_t start_ = 0;
  std::size_t line_ = 0;     // where the current line begins
  std::size_t scanned_ = 0;  // no line ends before here
  std::size_t lines_ = 0;
  std::size_t first_line_end_ = 0;
};

}  // namespace brood::http::detail

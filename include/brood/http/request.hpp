#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace brood::http {

namespace detail {
class message_reader;
class request_parser;

/// A part of the connection's buffer, as an offset from the start of the message, because the buffer may be reallocated
/// while the message is arriving.
struct piece {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};
struct field_pieces {
  piece name;
  piece value;
};
}  // namespace detail

/// The methods of RFC 9110, and PATCH (RFC 5789). `other` is any other token; request::method_string() returns it.
enum class verb : unsigned char { other, get, head, post, put, delete_, connect, options, trace, patch };

struct header_field {
  std::string_view name;  ///< as the peer wrote it; names are compared case-insensitively
  std::string_view value;
};

/// A name and a value of a query, both decoded.
struct query_parameter {
  std::string name;
  std::string value;
};

/// Splits a query such as "a=1&b=2", or a body of the type application/x-www-form-urlencoded, into its parameters.
/// Keeps their order and repeated names. The rules are those of the WHATWG URL Standard (5.1), which browsers and
/// Node's URLSearchParams follow, so no text is an error:
/// - '+' becomes a space, "%XX" the byte with that number. Other bytes are kept, and need not be UTF-8.
/// - A '%' without two hexadecimal digits after it is kept.
/// - A parameter without '=' has an empty value. An empty part between two '&' is skipped.
std::vector<query_parameter> parse_query(std::string_view text);

/// The header fields of a request, in the order in which they arrived. A name may occur more than once.
/// Thread safety: that of the request.
class header_fields {
 public:
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = header_field;
    using difference_type = std::ptrdiff_t;
    using pointer = const header_field*;
    using reference = header_field;

    iterator() = default;
    iterator(const char* base, const detail::field_pieces* at) noexcept : base_(base), at_(at) {}
    header_field operator*() const noexcept {
      return {{base_ + at_->name.offset, at_->name.size}, {base_ + at_->value.offset, at_->value.size}};
    }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept { return {base_, at_++}; }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    const char* base_ = nullptr;
    const detail::field_pieces* at_ = nullptr;
  };

  header_fields(const char* base, const detail::field_pieces* first, std::size_t count) noexcept
      : base_(base), first_(first), count_(count) {}
  iterator begin() const noexcept { return {base_, first_}; }
  iterator end() const noexcept { return {base_, first_ + count_}; }
  std::size_t size() const noexcept { return count_; }

 private:
  const char* base_;
  const detail::field_pieces* first_;
  std::size_t count_;
};

/// A complete request: head and body.
///
/// It owns nothing. Everything it returns refers to the buffer of its connection. The request and its buffer are valid
/// until the handler has returned and the response has ended, whichever is later. A handler that answers later may
/// therefore keep the reference together with the deferred response, even if the connection is lost meanwhile.
///
/// Thread safety: none of its own. Use it on the executor of its server, as the response.
class request {
 public:
  request() = default;
  request(const request&) = delete;
  request& operator=(const request&) = delete;

  verb method() const noexcept { return verb_; }
  std::string_view method_string() const noexcept { return text(method_); }
  /// The request target as it stands in the request line: "/a%20b?c=d".
  std::string_view target() const noexcept { return text(target_); }
  /// The target up to its '?', not decoded. For the absolute form "http://host/a", which proxies send, it is "/a".
  std::string_view path() const noexcept;
  /// The part after '?', not decoded; empty if there is none.
  std::string_view query() const noexcept;
  /// path() with each "%XX" replaced by the byte with that number, once. A '%' without two hexadecimal digits after it
  /// is kept, and so is '+'. The result may contain any byte: "%2F" becomes '/', "%00" a NUL, and "/%2E%2E" is "/..".
  /// Do not open files by it: static_files does that safely.
  std::string decoded_path() const;
  /// The parameters of query(), as parse_query() returns them.
  std::vector<query_parameter> parameters() const;
  /// The decoded value of the first parameter whose decoded name is `name`; nullopt if there is none.
  std::optional<std::string> parameter(std::string_view name) const;
  /// 10 or 11.
  int version() const noexcept { return version_; }
  /// Whether the peer allows another request on this connection, by its version and Connection field.
  bool keep_alive() const noexcept { return keep_alive_; }

  /// The protocol that the peer asks to switch to, for example "websocket": the Upgrade field, if the Connection field
  /// lists it (RFC 9110, 7.8). Otherwise empty.
  std::string_view upgrade() const noexcept;

  /// The value of the first field of that name, which is compared case-insensitively; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  bool has_header(std::string_view name) const noexcept;
  header_fields headers() const noexcept { return {base_, fields_.data(), fields_.size()}; }

  /// The whole body, without the chunked encoding. Trailer fields are discarded (RFC 9110, 6.5.1).
  std::string_view body() const noexcept { return {base_ + body_offset_, body_size_}; }

 private:
  friend class detail::message_reader;
  friend class detail::request_parser;

  std::string_view text(detail::piece p) const noexcept { return {base_ + p.offset, p.size}; }

  const char* base_ = "";
  std::vector<detail::field_pieces> fields_;
  detail::piece method_;
  detail::piece target_;
  std::size_t body_offset_ = 0;
  std::size_t body_size_ = 0;
  int version_ = 11;
  verb verb_ = verb::other;
  bool keep_alive_ = false;
};

}  // namespace brood::http

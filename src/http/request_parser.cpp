#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <string_view>

#include "http/text.hpp"

namespace brood::http::detail {

namespace beast = boost::beast;

namespace {

// The maximum size of chunk extensions, which are ignored, in one message. Node has the same 16 KiB, then 413.
constexpr std::size_t max_extensions = 16 * 1024;

// At least this many bytes follow between chunks, for example "0\r\n\r\n". Beast asserts this when it returns to an
// incomplete last chunk, so it must not get fewer.
constexpr std::size_t least_header = 5;

verb to_verb(beast::http::verb v) noexcept {
  switch (v) {
    case beast::http::verb::get: return verb::get;
    case beast::http::verb::head: return verb::head;
    case beast::http::verb::post: return verb::post;
    case beast::http::verb::put: return verb::put;
    case beast::http::verb::delete_: return verb::delete_;
    case beast::http::verb::connect: return verb::connect;
    case beast::http::verb::options: return verb::options;
    case beast::http::verb::trace: return verb::trace;
    case beast::http::verb::patch: return verb::patch;
    default: return verb::other;
  }
}

/// The forms of RFC 9112, 3.2 that a server that is not a proxy can serve.
bool valid_target(std::string_view target, verb method) noexcept {
  if (target.front() == '/') return true;
  if (target == "*") return method == verb::options;
  return beast::iequals(target.substr(0, 7), "http://") || beast::iequals(target.substr(0, 8), "https://");
}

constexpr byte_set digits{"0123456789"};
/// The characters of a URI's host and port (RFC 3986, 3.2.2).
constexpr byte_set host_bytes{letters_and_digits, "-._~!$&'()*+,;=:%[]"};

/// A request line that ends in "HTTP/2.0" is another version of HTTP; anything else is not HTTP.
bool other_version(std::string_view head) noexcept {
  const auto line = head.substr(0, head.find('\r'));
  const auto version = line.substr(line.size() - std::min<std::size_t>(line.size(), 9));
  if (version.size() != 9 || version.substr(0, 6) != " HTTP/" || version[7] != '.') return false;
  const auto number = version.substr(6);
  return digits.holds(number[0]) && digits.holds(number[2]) && number != "1.0" && number != "1.1";
}

}  // namespace

request_parser::request_parser(request& out, std::size_t max_body_size) : out_(out) {
  body_limit(max_body_size);
  header_limit(std::numeric_limits<std::uint32_t>::max());  // checked before the parser gets the data
}

int request_parser::read_head(char* base, char* start, std::size_t size) {
  base_ = base;
  input_ = start;
  input_size_ = size;
  error_code ec;
  put(boost::asio::const_buffer(start, size), ec);
  if (refused_ == 0 && ec) refused_ = status_of(ec);
  in_body_ = true;
  return refused_;
}

request_parser::progress request_parser::read_body(char* base, char* from, std::size_t size) {
  base_ = base;
  progress result;
  error_code ec;
  while (!is_done()) {
    input_ = from + result.consumed;
    input_size_ = size - result.consumed;
    if (input_size_ < (chunk_left_ > 0 ? 1 : least_header)) break;
    result.consumed += put(boost::asio::const_buffer(input_, input_size_), ec);
    if (ec) break;
  }
  result.starved = !is_done();
  if (ec && ec != beast::http::error::need_more) result.refused = refused_ != 0 ? refused_ : status_of(ec);
  return result;
}

int request_parser::status_of(const error_code& ec) const {
  if (ec == beast::http::error::body_limit) return 413;
  if (ec == beast::http::error::header_limit) return 431;
  if (ec == beast::http::error::bad_version && other_version({input_, input_size_})) return 505;
  return 400;
}

void request_parser::refuse(int status, error_code& ec) {
  refused_ = status;
  ec = beast::http::error::bad_field;
}

piece request_parser::place(string_view text) const noexcept {
  return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
}

void request_parser::on_request_impl(beast::http::verb method, string_view name, string_view target, int version,
                                     error_code& ec) {
  out_.verb_ = to_verb(method);
  out_.method_ = place(name);
  out_.target_ = place(target);
  out_.version_ = version;
  // Tunnels are for proxies; nginx responds in the same way.
  if (out_.verb_ == verb::connect) return refuse(405, ec);
  if (!valid_target({target.data(), target.size()}, out_.verb_)) refuse(400, ec);
}

bool request_parser::folded(string_view name, string_view value) const noexcept {
  // Beast joins a folded value in its own memory, or skips the line break before its first word.
  const auto* end = input_ + input_size_;
  if (std::less<>{}(value.data(), input_) || !std::less<>{}(value.data(), end)) return true;
  const auto* after_name = name.data() + name.size();
  return std::find(after_name, value.data(), '\r') != value.data();
}

int request_parser::check_field(field f, string_view value) {
  switch (f) {
    case field::host:
      // RFC 9112, 3.2: several Host fields, or an invalid one, are answered with 400.
      return ++hosts_ > 1 || !host_bytes.holds_all({value.data(), value.size()}) ? 400 : 0;
    case field::content_length:
      // Even two equal ones: a peer that sends them is broken or probing.
      return ++lengths_ > 1 || value.find(',') != string_view::npos ? 400 : 0;
    case field::transfer_encoding:
      // RFC 9112, 6.1: not in HTTP/1.0, where it would be read as no body. 6.3: unless chunked is the last coding, the
      // length is unknown. An unsupported coding is 501.
      if (out_.version_ < 11) return 400;
      if (beast::iequals(value, "chunked")) return 0;
      return value.size() > 7 && beast::iequals(value.substr(value.size() - 7), "chunked") ? 501 : 400;
    case field::expect:
      if (out_.version_ < 11) return 0;  // RFC 9110, 10.1.1: must be ignored
      expects_continue_ = beast::iequals(value, "100-continue");
      return expects_continue_ ? 0 : 417;
    default: return 0;
  }
}

void request_parser::on_field_impl(field f, string_view name, string_view value, error_code& ec) {
  if (folded(name, value)) return refuse(400, ec);
  if (in_body_) return;  // a trailer
  if (const int status = check_field(f, value); status != 0) return refuse(status, ec);
  out_.fields_.push_back({place(name), place(value)});
}

void request_parser::on_header_impl(error_code& ec) {
  if (out_.version_ >= 11 && hosts_ == 0) return refuse(400, ec);
  out_.keep_alive_ = keep_alive();
}

void request_parser::on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) {
  chunk_left_ = size;
  extensions_ += extensions.size();
  if (extensions_ > max_extensions) refuse(413, ec);
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  auto* to = base_ + out_.body_offset_ + out_.body_size_;
  if (to != body.data()) std::memmove(to, body.data(), body.size());
  out_.body_size_ += body.size();
  chunk_left_ -= body.size();
  return body.size();
}

}  // namespace brood::http::detail

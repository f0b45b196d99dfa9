#include "http/answer.hpp"

#include <stdexcept>

#include "http/text.hpp"

namespace brood::http::detail {
namespace {

// A larger buffer for header fields is not kept for the next response.
constexpr std::size_t kept_fields = 1024;

void check(std::string_view name, std::string_view value) {
  if (!is_token(name)) throw std::invalid_argument("http: invalid header name: " + std::string(name));
  if (!is_field_value(value)) throw std::invalid_argument("http: invalid value of header " + std::string(name));
}

}  // namespace

void answer::begin(question q) noexcept {
  question_ = q;
  closes_ = !q.keep_alive;
  opened_ = false;
  restart(200);
}

void answer::restart(int code) noexcept {
  if (fields_.capacity() > kept_fields) {
    fields_ = {};
  } else {
    fields_.clear();
  }
  own_date_ = false;
  status_ = code;
}

void answer::status(int code) {
  if (code < 200 || code > 999) throw std::out_of_range("http: status " + std::to_string(code));
  if (!opened_) status_ = code;
}

bool answer::reserved(std::string_view name, std::string_view value) {
  check(name, value);
  if (same_name(name, "Connection")) {
    if (!same_name(value, "close")) throw std::invalid_argument("http: Connection can only be set to close");
    if (!opened_) closes_ = true;
    return true;
  }
  if (same_name(name, "Content-Length") || same_name(name, "Transfer-Encoding")) {
    throw std::invalid_argument("http: " + std::string(name) + " is written by the server");
  }
  if (same_name(name, "Date")) own_date_ = true;
  return false;
}

void answer::set(std::string_view name, std::string_view value) {
  if (reserved(name, value) || opened_) return;
  if (!fields_.empty()) remove(name);
  append(name, value);
}

void answer::add(std::string_view name, std::string_view value) {
  if (!reserved(name, value) && !opened_) append(name, value);
}

void answer::append(std::string_view name, std::string_view value) {
  fields_.append(name).append(": ").append(value).append("\r\n");
}

void answer::remove(std::string_view name) {
  for (std::size_t line = 0; line < fields_.size();) {
    const auto next = fields_.find('\n', line) + 1;
    const bool same = fields_.find(':', line) == line + name.size() &&
                      same_name(std::string_view(fields_).substr(line, name.size()), name);
    if (same) {
      fields_.erase(line, next - line);
    } else {
      line = next;
    }
  }
}

void answer::open(byte_buffer& out, std::string_view date, std::uint64_t length) {
  framing_ = status_ == 204 || status_ == 304 ? framing::none : framing::length;
  write_head(out, date, status_ == 205 ? 0 : length);  // RFC 9110, 15.3.6: 205 has no content, and must say so
  if (status_ == 205) framing_ = framing::none;
}

void answer::open(byte_buffer& out, std::string_view date) {
  if (status_ == 204 || status_ == 304 || status_ == 205) return open(out, date, 0);
  framing_ = question_.version >= 11 ? framing::chunked : framing::close;
  if (framing_ == framing::close) closes_ = true;
  write_head(out, date, 0);
}

void answer::write_head(byte_buffer& out, std::string_view date, std::uint64_t length) {
  const bool old = question_.version < 11;
  auto connection = persistence::by_default;
  if (closes_ && !old) connection = persistence::close;
  if (!closes_ && old) connection = persistence::keep_alive;
  append_head(out, {.status = status_,
                    .fields = fields_,
                    .date = own_date_ ? std::string_view{} : date,
                    .body = framing_,
                    .length = length,
                    .connection = connection});
  opened_ = true;
}

}  // namespace brood::http::detail

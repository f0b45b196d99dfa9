#include "wire/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <limits>

#include "wire/json_writer.hpp"

namespace brood::wire {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 3000;

/// What Boost's own parser does with what it finds, but for numbers with a fraction or an exponent: it makes of them
/// the double that is nearest or the one beside it, and a number shall come out as it went in.
struct handler {
  using string_view = json::string_view;
  using error_code = boost::system::error_code;
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  static constexpr std::size_t usual_room = 1024;  // for the values under way; more is taken from the heap
  alignas(json::value) unsigned char room[usual_room];
  json::value_stack made{json::storage_ptr(), room, usual_room};

  handler() { made.reset(); }

  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }
  static bool on_object_begin(error_code&) { return true; }
  static bool on_array_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) { return made.push_object(size), true; }
  bool on_array_end(std::size_t size, error_code&) { return made.push_array(size), true; }
  bool on_key_part(string_view text, std::size_t, error_code&) { return made.push_chars(text), true; }
  bool on_key(string_view text, std::size_t, error_code&) { return made.push_key(text), true; }
  bool on_string_part(string_view text, std::size_t, error_code&) { return made.push_chars(text), true; }
  bool on_string(string_view text, std::size_t, error_code&) { return made.push_string(text), true; }
  static bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t n, string_view, error_code&) { return made.push_int64(n), true; }
  bool on_uint64(std::uint64_t n, string_view, error_code&) { return made.push_uint64(n), true; }
  bool on_double(double n, string_view text, error_code&) {
    // All of the number, as all of the text is there at once. Beyond the largest double it stays what it is: infinite.
    std::from_chars(text.data(), text.data() + text.size(), n);
    return made.push_double(n), true;
  }
  bool on_bool(bool truth, error_code&) { return made.push_bool(truth), true; }
  bool on_null(error_code&) { return made.push_null(), true; }
  static bool on_comment_part(string_view, error_code&) { return true; }
  static bool on_comment(string_view, error_code&) { return true; }
};

/// Looks, and makes nothing.
struct onlooker {
  using string_view = json::string_view;
  using error_code = boost::system::error_code;
  static constexpr std::size_t max_object_size = handler::max_object_size;
  static constexpr std::size_t max_array_size = handler::max_object_size;
  static constexpr std::size_t max_key_size = handler::max_object_size;
  static constexpr std::size_t max_string_size = handler::max_object_size;

  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }
  static bool on_object_begin(error_code&) { return true; }
  static bool on_array_begin(error_code&) { return true; }
  static bool on_object_end(std::size_t, error_code&) { return true; }
  static bool on_array_end(std::size_t, error_code&) { return true; }
  static bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  static bool on_key(string_view, std::size_t, error_code&) { return true; }
  static bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  static bool on_string(string_view, std::size_t, error_code&) { return true; }
  static bool on_number_part(string_view, error_code&) { return true; }
  static bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  static bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  static bool on_double(double, string_view, error_code&) { return true; }
  static bool on_bool(bool, error_code&) { return true; }
  static bool on_null(error_code&) { return true; }
  static bool on_comment_part(string_view, error_code&) { return true; }
  static bool on_comment(string_view, error_code&) { return true; }
};

json::value parse(std::string_view text, boost::system::error_code& ec) {
  json::parse_options options;
  options.max_depth = deepest;
  options.allow_invalid_utf8 = true;
  json::basic_parser<handler> parser(options);
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) ec = json::error::extra_data;
  return ec ? json::value() : parser.handler().made.release();
}

/// The code unit of the `\uXXXX` at `at`; 0 where there is none.
unsigned code_unit(std::string_view text, std::size_t at) {
  unsigned value = 0;
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return 0;
  const char* end = text.data() + at + 6;
  return std::from_chars(text.data() + at + 2, end, value, 16).ptr == end ? value : 0;
}

bool is_high(unsigned unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(unsigned unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// The text with each surrogate that has no partner made a `\ufffd`.
std::string without_lone_surrogates(std::string_view text) {
  std::string result(text);
  for (auto at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const unsigned unit = code_unit(text, at);
    const bool pair = is_high(unit) && is_low(code_unit(text, at + 6));
    if (!pair && (is_high(unit) || is_low(unit))) result.replace(at, 6, "\\ufffd");
    at += pair ? 12 : 2;
  }
  return result;
}

}  // namespace

std::string to_json_text(const json::value& value) {
  std::string text;
  append_json_text(text, value);
  return text;
}

json::value parse_json_text(std::string_view text, boost::system::error_code& ec) {
  json::value value = parse(text, ec);
  if (!ec) return value;
  const std::string mended = without_lone_surrogates(text);
  return mended == text ? value : parse(mended, ec);
}

bool is_json_text(std::string_view text) {
  json::parse_options options;
  options.max_depth = deepest;
  json::basic_parser<onlooker> parser(options);
  boost::system::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  return !ec && read == text.size();
}

}  // namespace brood::wire

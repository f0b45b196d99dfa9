#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::detail::wire {

/// The maximum nesting of arrays and objects in a message: the reader accepts no more.
inline constexpr std::size_t deepest_json = 3000;
bool nested_deeper(const boost::json::value& value, std::size_t levels) noexcept;

/// A message in Node's json serialization, without the newline (see append_json_text).
std::string to_json_text(const boost::json::value& value);

/// Accepts what Node accepts, up to that nesting: white space around the value, invalid UTF-8 inside strings. A lone
/// surrogate, which a JavaScript string may contain but UTF-8 may not, becomes three bytes (WTF-8).
boost::json::value parse_json_text(std::string_view text, boost::system::error_code& ec);

/// Whether it is valid JSON by RFC 8259, in UTF-8, and not nested deeper.
bool is_json_text(std::string_view text);

}  // namespace brood::detail::wire

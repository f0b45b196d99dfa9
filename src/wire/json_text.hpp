#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::detail::wire {

/// How deep the arrays and objects of a message may be nested: what reads it takes no more.
inline constexpr std::size_t deepest_json = 3000;
bool nested_deeper(const boost::json::value& value, std::size_t levels) noexcept;

/// One message in Node's json serialization, without the newline (see append_json_text).
std::string to_json_text(const boost::json::value& value);

/// Takes what Node takes, but nothing deeper than that: white space around the value, invalid UTF-8 inside strings.
/// A lone surrogate, which a JavaScript string may hold and UTF-8 may not, becomes three bytes of its own (WTF-8).
boost::json::value parse_json_text(std::string_view text, boost::system::error_code& ec);

/// Whether it is JSON as RFC 8259 has it, in UTF-8 and not nested deeper.
bool is_json_text(std::string_view text);

}  // namespace brood::detail::wire

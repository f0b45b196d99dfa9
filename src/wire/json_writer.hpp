#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace brood::wire {

/// Appends its text as JSON.stringify would write it: compact, numbers in their shortest form, what JSON has no number
/// for (NaN, the infinities) as null, as anything else would kill a Node peer. Boost's own serializer looks at strings
/// byte by byte, which is most of what a large message costs, and writes 1.5 as 1.5E0.
void append_json_text(std::string& buffer, const boost::json::value& value);

}  // namespace brood::wire

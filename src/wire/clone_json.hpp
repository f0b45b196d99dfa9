#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace brood::detail::wire {

/// Reads a frame whose content fits into JSON, as nearly all do, directly into JSON. Empty for any other frame, valid
/// or not: read_clone() decides then. If a member occurs twice, the last one counts.
std::optional<boost::json::value> read_clone_as_json(std::string_view frame);

}  // namespace brood::detail::wire

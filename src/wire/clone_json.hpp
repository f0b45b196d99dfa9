#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace brood::detail::wire {

/// Reads the content of a frame that holds nothing but what JSON has, which is nearly all of them, straight into JSON.
/// None for any other, right or wrong: read_clone() knows. Of a member that comes twice the last counts.
std::optional<boost::json::value> read_clone_as_json(std::string_view frame);

}  // namespace brood::detail::wire

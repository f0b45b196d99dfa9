#pragma once

#include <optional>
#include <string>

namespace brood {

/// The text JavaScript's toISOString gives for so many milliseconds since 1970: "2024-02-29T12:00:00.000Z", with a sign
/// and six digits for years beyond 9999 or before 0. None for a date that is not valid.
std::optional<std::string> iso_text(double milliseconds);

}  // namespace brood

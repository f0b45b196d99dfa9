#pragma once

#include <optional>
#include <string>

namespace brood {

/// The text of JavaScript's toISOString for a number of milliseconds since 1970: "2024-02-29T12:00:00.000Z", with a
/// sign and six digits for years beyond 9999 or before 0. Empty for an invalid date.
std::optional<std::string> iso_text(double milliseconds);

}  // namespace brood

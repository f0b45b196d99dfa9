#pragma once

#include <string>
#include <string_view>

namespace brood::http::detail {

/// The byte of the escape at the start of `text`, 'A' for "%41"; -1 if `text` does not start with one.
int escaped_byte(std::string_view text) noexcept;

/// Replaces the escapes in `text` by their bytes. A '%' that starts no escape is kept (WHATWG URL Standard, 1.3).
std::string percent_decoded(std::string_view text);

}  // namespace brood::http::detail

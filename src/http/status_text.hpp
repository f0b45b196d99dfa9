#pragma once

#include <string_view>

namespace brood::http::detail {

/// The reason phrase of a status in RFC 9110 and the IANA registry, "Unknown" for others. Clients ignore it.
std::string_view reason_phrase(int status) noexcept;

}  // namespace brood::http::detail

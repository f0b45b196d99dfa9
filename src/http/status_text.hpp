#pragma once

#include <string_view>

namespace brood::http::detail {

/// The reason phrase RFC 9110 and the registry give a status, "Unknown" for others. Clients ignore it.
std::string_view reason_phrase(int status) noexcept;

}  // namespace brood::http::detail

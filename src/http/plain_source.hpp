#pragma once

#include "http/source.hpp"

namespace brood::http::detail {

/// Creates a listening socket of the server itself. It listens when this returns. Throws boost::system::system_error.
std::shared_ptr<connection_source> make_plain_source(core& target, const listen_address& where);

}  // namespace brood::http::detail

#pragma once

#include "http/source.hpp"

namespace brood::http::detail {

/// A listening socket of the server's own. Listens when it returns, or throws boost::system::system_error.
std::shared_ptr<connection_source> make_plain_source(core& target, const listen_address& where);

}  // namespace brood::http::detail

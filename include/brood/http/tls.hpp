#pragma once

#include <memory>

namespace brood::http {

namespace detail {
class server_security;
class client_security;
}  // namespace detail

/// Makes the connections of a server, or of a client, TLS. What these point to comes from brood::https
/// (brood/https.hpp): https::server_tls and https::client_tls convert to them. Empty: no TLS.
using server_tls_ptr = std::shared_ptr<detail::server_security>;
using client_tls_ptr = std::shared_ptr<detail::client_security>;

}  // namespace brood::http

#pragma once

#include <memory>

namespace brood::http {

namespace detail {
class server_security;
class client_security;
}  // namespace detail

/// The TLS configuration of a server or a client. https::server_tls and https::client_tls (brood/https.hpp) convert to
/// these. Empty: no TLS.
using server_tls_ptr = std::shared_ptr<detail::server_security>;
using client_tls_ptr = std::shared_ptr<detail::client_security>;

}  // namespace brood::http

#pragma once

#include <filesystem>
#include <string>

#include "brood/https/server_tls.hpp"
#include "https/openssl.hpp"

namespace brood::https::detail {

/// Returns a context with the settings common to both sides: TLS 1.2 and 1.3, no renegotiation, no compression, little
/// memory for idle connections, and no passphrase prompt on the terminal.
context_ptr make_context(const SSL_METHOD* method);

/// Reads certificate and key into the context. Throws boost::system::system_error as server_tls documents.
void use(SSL_CTX& context, const certificate_files& files);

/// Throws boost::system::system_error that names the file if it cannot be read.
void check_readable(const char* what, const std::filesystem::path& file);

[[noreturn]] void throw_last_error(const std::string& what);

}  // namespace brood::https::detail

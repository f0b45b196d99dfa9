#pragma once

#include <filesystem>
#include <string>

#include "brood/https/server_tls.hpp"
#include "https/openssl.hpp"

namespace brood::https::detail {

/// A context for one side with what both sides have in common: TLS 1.2 and 1.3, no renegotiation, no compression,
/// little memory for what idles, and no passphrase asked for on the terminal.
context_ptr make_context(const SSL_METHOD* method);

/// Reads certificate and key into the context. Throws boost::system::system_error as server_tls says.
void use(SSL_CTX& context, const certificate_files& files);

/// Throws boost::system::system_error, naming the file, if there is nothing to be read.
void check_readable(const char* what, const std::filesystem::path& file);

[[noreturn]] void throw_last_error(const std::string& what);

}  // namespace brood::https::detail

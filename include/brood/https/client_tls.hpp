#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "brood/http/tls.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace brood::https {

namespace detail {
class client_context;
}

struct client_tls_options {
  /// Trusted certificates, as a PEM file. Empty: those of the system. Node: ca.
  std::filesystem::path ca{};
  /// Whether the server's certificate is verified. Node: rejectUnauthorized.
  bool verify = true;
  /// The name that the certificate must have, in place of the URL's host. Node: servername.
  std::string server_name{};
  /// The client's own certificate and key, as PEM files. Empty: none. Node: cert, key, passphrase.
  std::filesystem::path certificate{};
  std::filesystem::path key{};
  std::string passphrase{};
  /// Called with OpenSSL's context, for settings that are not listed here. The context allows TLS 1.2 and 1.3.
  std::function<void(ssl_ctx_st*)> configure{};
};

/// Adds https URLs to an http::client, as client_options::tls.
///
///     brood::http::client client{loop, {.tls = brood::https::client_tls{{.ca = "ca.pem"}}}};
///     auto call = client.get("https://127.0.0.1:8443/health");
///
/// If the server's certificate cannot be verified, the request fails with an error of certificate_category(). If the
/// server closes without close_notify, it fails with boost::asio::ssl::error::stream_truncated, unless the response had
/// a length and is complete.
///
/// Copies share their state.
///
/// Thread safety: none of its own. Use it, its copies and the clients that have them one at a time: on an io_context
/// run by one thread, or a strand.
class client_tls {
 public:
  /// Throws: boost::system::system_error that names the file, as server_tls does.
  explicit client_tls(client_tls_options options = {});

  operator http::client_tls_ptr() const noexcept;

 private:
  std::shared_ptr<detail::client_context> context_;
};

}  // namespace brood::https

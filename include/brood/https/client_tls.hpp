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
  /// Certificates to trust, as a file in PEM form; those of the system if empty. Node: ca.
  std::filesystem::path ca{};
  /// Whether the server must prove to be who it is asked to be. Node: rejectUnauthorized.
  bool verify = true;
  /// The name it must prove, in place of the URL's host. Node: servername.
  std::string server_name{};
  /// What this client proves itself by, as files in PEM form; nothing if empty. Node: cert, key, passphrase.
  std::filesystem::path certificate{};
  std::filesystem::path key{};
  std::string passphrase{};
  /// Last touch to OpenSSL's context, for what is not told here. It allows TLS 1.2 and 1.3.
  std::function<void(ssl_ctx_st*)> configure{};
};

/// Makes an http::client know https URLs, as client_options::tls.
///
///     brood::http::client client{loop, {.tls = brood::https::client_tls{{.ca = "ca.pem"}}}};
///     auto call = client.get("https://127.0.0.1:8443/health");
///
/// A server that cannot prove itself ends the request with an error of certificate_category(), one that ends its answer
/// without saying so with boost::asio::ssl::error::stream_truncated, unless the answer's length was told and is there.
///
/// Copies share what they hold.
///
/// Thread safety: none of its own. Use it, its copies and the clients that have them one at a time: on an io_context
/// run by one thread, or a strand.
class client_tls {
 public:
  /// Throws boost::system::system_error that names the file, as server_tls does.
  explicit client_tls(client_tls_options options = {});

  operator http::client_tls_ptr() const noexcept;

 private:
  std::shared_ptr<detail::client_context> context_;
};

}  // namespace brood::https

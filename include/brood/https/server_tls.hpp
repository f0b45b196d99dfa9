#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "brood/http/tls.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace brood::https {

namespace detail {
class server_context;
}

/// A certificate and its private key, as PEM files.
struct certificate_files {
  /// The certificate, followed by those of its chain, without the root. Node: cert.
  std::filesystem::path certificate{};
  /// Its private key. Node: key.
  std::filesystem::path key{};
  /// The passphrase of an encrypted key. It is never asked for interactively.
  std::string passphrase{};
};

struct server_tls_options {
  std::filesystem::path certificate{};
  std::filesystem::path key{};
  std::string passphrase{};
  /// Certificates for other names. A client that asks for a name gets the first certificate that matches, or the one
  /// above if none does. Node: server.addContext.
  std::vector<certificate_files> more{};
  /// How long the keys of session tickets are used. Then new ones are made; a session of the old keys can be resumed
  /// for the same time again, but not longer. In a cluster the primary makes the keys when the first worker asks for
  /// them (at intervals of at least 100 ms), and every worker of the port receives them, at once or when it starts.
  /// Under a Node primary they never change. 0: they never change. RFC 9325, 3.4, demands new keys at least once a
  /// week.
  std::chrono::milliseconds ticket_key_lifetime = std::chrono::hours{12};
  /// Called with each of OpenSSL's contexts, for settings that are not listed here: ciphers, client certificates ...
  /// The contexts allow TLS 1.2 and 1.3.
  std::function<void(ssl_ctx_st*)> configure{};
};

/// Makes an http::server an HTTPS server, as server_options::tls: Node's `https.createServer({cert, key}, f)`.
///
///     brood::https::server_tls tls{{.certificate = "cert.pem", .key = "key.pem"}};
///     brood::http::server server{self, f, {.tls = tls}};
///
/// Clients resume sessions by tickets. The workers of a cluster share the ticket keys in Node's own way, from the time
/// they listen. A session therefore resumes on every worker of a port, and after a reload; on Node's workers, too, as
/// far as they accept the keys. ALPN is "http/1.1"; a client that requires another protocol is refused.
///
/// Copies share their state.
///
/// Thread safety: none of its own. Use it, its copies and the servers that have them one at a time: on an io_context
/// run by one thread, or a strand.
class server_tls {
 public:
  /// Reads the files.
  /// Throws: boost::system::system_error that names the file: it cannot be read, is malformed, contains no certificate
  /// or key, has another passphrase, or the key does not belong to the certificate.
  explicit server_tls(server_tls_options options);

  /// Reads the files again, for new connections. Open connections keep their certificates, and sessions can still be
  /// resumed. Throws as the constructor; nothing has changed then.
  void reload();

  operator http::server_tls_ptr() const noexcept;

 private:
  std::shared_ptr<detail::server_context> context_;
};

}  // namespace brood::https

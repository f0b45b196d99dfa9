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

/// A certificate and what proves that it is ours, as files in PEM form.
struct certificate_files {
  /// The certificate, then those of its chain up to, and without, the root. Node: cert.
  std::filesystem::path certificate{};
  /// Its private key. Node: key.
  std::filesystem::path key{};
  /// Of the key, if it is encrypted. Nobody is ever asked for one.
  std::string passphrase{};
};

struct server_tls_options {
  std::filesystem::path certificate{};
  std::filesystem::path key{};
  std::string passphrase{};
  /// For other names: a client that asks for a name gets the first certificate that is good for it, the one above if
  /// none is. Node: server.addContext.
  std::vector<certificate_files> more{};
  /// How long the keys of session tickets are used. Then there are new ones, and a session that was made with the old
  /// ones resumes for as long again, not longer. In a cluster the primary makes them, from its first worker's wish and
  /// 100 ms up, and every worker of the port gets them, at once or when it comes; under a Node primary they stay.
  /// 0: they stay. RFC 9325, 3.4, wants them changed once a week at least.
  std::chrono::milliseconds ticket_key_lifetime = std::chrono::hours{12};
  /// Last touch to each of OpenSSL's contexts, for what is not told here: ciphers, certificates of clients, ... The
  /// contexts allow TLS 1.2 and 1.3.
  std::function<void(ssl_ctx_st*)> configure{};
};

/// Makes an http::server an HTTPS server, as server_options::tls: Node's `https.createServer({cert, key}, f)`.
///
///     brood::https::server_tls tls{{.certificate = "cert.pem", .key = "key.pem"}};
///     brood::http::server server{self, f, {.tls = tls}};
///
/// Clients resume sessions by tickets. In a cluster the workers agree on their keys when they begin to listen, in
/// Node's own way, so that a session resumes on every worker of a port, Node's workers among them as far as the keys
/// go, and after a reload. ALPN is "http/1.1"; a client that insists on another protocol is refused.
///
/// Copies share what they hold.
///
/// Thread safety: none of its own. Use it, its copies and the servers that have them one at a time: on an io_context
/// run by one thread, or a strand.
class server_tls {
 public:
  /// Reads the files. Throws boost::system::system_error that names the file: it cannot be read, is malformed, has no
  /// certificate or key in it, is encrypted with another passphrase, or the key belongs to another certificate.
  explicit server_tls(server_tls_options options);

  /// Reads the files again, for connections from here on; open ones keep what they have, and sessions resume. Throws as
  /// the constructor; then nothing has changed.
  void reload();

  operator http::server_tls_ptr() const noexcept;

 private:
  std::shared_ptr<detail::server_context> context_;
};

}  // namespace brood::https

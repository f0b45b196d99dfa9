#include "https/server_context.hpp"

#include <openssl/x509v3.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "https/credentials.hpp"
#include "https/session.hpp"

namespace brood::https::detail {
namespace {

/// Objects that belong to an OpenSSL context and live as long as it does.
struct belongings {
  std::shared_ptr<ticket_keys> keys;
  std::vector<context_ptr> more;  // for other server names
};

int belongings_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* owned, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<belongings*>(owned); });
  return index;
}

const belongings& of(const SSL* ssl) noexcept {
  return *static_cast<const belongings*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), belongings_index()));
}

void give(SSL_CTX& context, belongings what) {
  auto owned = std::make_unique<belongings>(std::move(what));
  if (SSL_CTX_set_ex_data(&context, belongings_index(), owned.get()) != 1) throw std::bad_alloc();
  static_cast<void>(owned.release());
}

/// Return values of OpenSSL's callback: 0 or less fails, 1 continues. For a received ticket 0 ignores it, and 2
/// requests a new one.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int making) {
  auto& keys = *of(ssl).keys;
  const auto now = ticket_keys::clock::now();
  if (making != 0) return keys.encrypt(name, iv, cipher, mac, now) ? 1 : -1;
  switch (keys.decrypt(name, iv, cipher, mac, now)) {
    // A ticket of TLS 1.3 is used once (RFC 8446, C.4), so a client that resumes with one needs another.
    case ticket_keys::found::yes: return SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
    case ticket_keys::found::old: return 2;
    case ticket_keys::found::no: break;
  }
  return 0;
}

int on_protocols(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                 unsigned int offered_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, 3.2
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

bool is_good_for(SSL_CTX* context, const char* name) {
  auto* certificate = SSL_CTX_get0_certificate(context);
  return certificate != nullptr && X509_check_host(certificate, name, std::strlen(name), 0, nullptr) == 1;
}

int on_name(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || is_good_for(SSL_get_SSL_CTX(ssl), name)) return SSL_TLSEXT_ERR_OK;
  for (const auto& other : of(ssl).more) {
    if (!is_good_for(other.get(), name)) continue;
    SSL_set_SSL_CTX(ssl, other.get());
    break;
  }
  return SSL_TLSEXT_ERR_OK;
}

context_ptr open(const certificate_files& files, const server_tls_options& options, belongings what) {
  auto context = make_context(TLS_server_method());
  auto* c = context.get();
  use(*c, files);
  // Sessions are resumed by tickets only, because other workers do not know a session that is stored here.
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char id[] = "brood";
  SSL_CTX_set_session_id_context(c, id, sizeof id - 1);
  give(*c, std::move(what));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(c, on_ticket);
  SSL_CTX_set_tlsext_servername_callback(c, on_name);
  SSL_CTX_set_alpn_select_cb(c, on_protocols, nullptr);
  if (options.configure) options.configure(c);
  return context;
}

context_ptr open_all(const server_tls_options& options, const std::shared_ptr<ticket_keys>& keys) {
  belongings all{.keys = keys, .more = {}};
  for (const auto& files : options.more) all.more.push_back(open(files, options, {.keys = keys, .more = {}}));
  return open({options.certificate, options.key, options.passphrase}, options, std::move(all));
}

}  // namespace

server_context::server_context(server_tls_options options)
    : options_(std::move(options)),
      keys_(std::make_shared<ticket_keys>(options_.ticket_key_lifetime)),
      context_(open_all(options_, keys_)) {}

void server_context::reload() { context_ = open_all(options_, keys_); }

std::unique_ptr<http::detail::secure_channel> server_context::accept(int fd) {
  return std::make_unique<session>(*context_, fd, session::role::server);
}

}  // namespace brood::https::detail

namespace brood::https {

server_tls::server_tls(server_tls_options options)
    : context_(std::make_shared<detail::server_context>(std::move(options))) {}

void server_tls::reload() { context_->reload(); }

server_tls::operator http::server_tls_ptr() const noexcept { return context_; }

}  // namespace brood::https

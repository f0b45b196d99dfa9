#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "behaviour/http_peer.hpp"
#include "https/certificates.hpp"

namespace brood_test {

using session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

/// What a peer makes its connections with. Trusts everybody: what it checks it asks for.
class peer_context {
 public:
  explicit peer_context(int version = TLS1_3_VERSION) : context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own sockets raise it when a server has closed first
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    // The tickets of TLS 1.3 come when they like; the last one stays.
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto* self = static_cast<peer_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      if (self->keeps_) return 0;
      self->session_.reset(session);
      return 1;
    });
  }
  SSL_CTX* native() const { return context_.get(); }
  /// The last session that a server offered to resume; nullptr if none has.
  SSL_SESSION* session() const { return session_.get(); }
  /// From here on it stays the last one, whatever is offered.
  void keep_session() { keeps_ = true; }
  /// The name of the keys that its ticket was made with.
  std::string ticket_keys() const {
    const unsigned char* ticket = nullptr;
    std::size_t size = 0;
    if (session_) SSL_SESSION_get0_ticket(session_.get(), &ticket, &size);
    return {reinterpret_cast<const char*>(ticket), std::min<std::size_t>(size, 16)};
  }

 private:
  context_ptr context_;
  session_ptr session_;
  bool keeps_ = false;
};

/// How a peer connects.
struct hello {
  std::string name{};       ///< asked for by SNI
  std::string protocols{};  ///< ALPN, as it is sent
  bool resume = false;
};

/// A client that speaks in bytes, over OpenSSL and nothing of ours.
class tls_peer {
 public:
  explicit tls_peer(peer_context& context, const asio::ip::tcp::endpoint& where, const hello& w = {})
      : ssl_(SSL_new(context.native())) {
    socket_.connect(where);
    greet(context, w);
  }
  tls_peer(peer_context& context, const asio::local::stream_protocol::endpoint& where, const hello& w = {})
      : ssl_(SSL_new(context.native())) {
    asio::local::stream_protocol::socket connecting{loop_};
    connecting.connect(where);
    socket_.assign(asio::ip::tcp::v4(), connecting.release());  // only for its descriptor
    greet(context, w);
  }

  /// OpenSSL drops sessions of connections that were not shut down.
  ~tls_peer() { SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
  tls_peer(const tls_peer&) = delete;
  tls_peer& operator=(const tls_peer&) = delete;

  bool connected() const { return connected_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &text, &size);
    return {reinterpret_cast<const char*>(text), size};
  }
  /// The subject of the server's certificate.
  std::string subject() const {
    const certificate_ptr c{SSL_get1_peer_certificate(ssl_.get())};
    std::array<char, 256> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(c.get()), NID_commonName, text.data(), text.size());
    return text.data();
  }

  asio::ip::tcp::socket& socket() { return socket_; }
  void send(std::string_view bytes) {
    if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) throw std::runtime_error("SSL_write");
  }
  /// Says that it sends no more.
  void notify() { SSL_shutdown(ssl_.get()); }
  /// Everything up to and including `text`; up to the end if it does not come.
  std::string until(std::string_view text) {
    for (;;) {
      if (const auto at = unread_.find(text); at != unread_.npos) {
        auto result = unread_.substr(0, at + text.size());
        unread_.erase(0, result.size());
        return without_date(result);
      }
      if (!read()) return without_date(std::exchange(unread_, {}));
    }
  }
  /// Everything up to the end. "!" at the end where the server has not said that it is one.
  std::string rest() {
    while (read()) {}
    return without_date(std::exchange(unread_, {})) + (notified_ ? "" : "!");
  }
  /// After rest(): the connection itself has ended too.
  bool closed() {
    char byte;
    return ::recv(socket_.native_handle(), &byte, 1, 0) == 0;
  }

 private:
  void greet(peer_context& context, const hello& w) {
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    if (!w.name.empty()) SSL_set_tlsext_host_name(ssl_.get(), w.name.c_str());
    if (!w.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(w.protocols.data()),
                          static_cast<unsigned>(w.protocols.size()));
    }
    if (w.resume) {
      // A copy: one that brought another ticket is not used again.
      const session_ptr copy{SSL_SESSION_dup(context.session())};
      SSL_set_session(ssl_.get(), copy.get());
    }
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool read() {
    std::array<char, 16 * 1024> piece;
    const int got = SSL_read(ssl_.get(), piece.data(), piece.size());
    if (got > 0) {
      unread_.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    notified_ = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
    return false;
  }

  asio::io_context loop_;
  asio::ip::tcp::socket socket_{loop_};
  ssl_ptr ssl_;
  std::string unread_;
  bool connected_ = false;
  bool notified_ = false;
};

/// A server on a loop and a thread of its own, for this machine, with a certificate made for it.
class served_securely {
 public:
  explicit served_securely(http::handler handler, http::server_options options = {})
      : tls_(authority_.server()), server_(std::move(handler), with(std::move(options), tls_)) {}

  authority& issuer() { return authority_; }
  brood::https::server_tls& tls() { return tls_; }
  served* operator->() { return &server_; }
  const asio::ip::tcp::endpoint& where() const { return server_.where(); }
  std::string url(const std::string& target) const {
    return "https://127.0.0.1:" + std::to_string(where().port()) + target;
  }

 private:
  static http::server_options with(http::server_options options, const brood::https::server_tls& tls) {
    options.tls = tls;
    return options;
  }

  authority authority_;
  brood::https::server_tls tls_;
  served server_;
};

}  // namespace brood_test

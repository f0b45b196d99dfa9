#include "https/client_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "https/credentials.hpp"
#include "https/session.hpp"

namespace brood::https::detail {
namespace {

void trust(SSL_CTX& context, const client_tls_options& options) {
  if (!options.verify) return;
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  if (options.ca.empty()) {
    SSL_CTX_set_default_verify_paths(&context);
    return;
  }
  check_readable("trusted certificates", options.ca);
  if (SSL_CTX_load_verify_file(&context, options.ca.c_str()) != 1) {
    throw_last_error("https: trusted certificates " + options.ca.string());
  }
}

}  // namespace

client_context::client_context(const client_tls_options& options)
    : context_(make_context(TLS_client_method())), server_name_(options.server_name) {
  trust(*context_, options);
  if (!options.certificate.empty()) use(*context_, {options.certificate, options.key, options.passphrase});
  static constexpr unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_.get(), protocols, sizeof protocols - 1);
  if (options.configure) options.configure(context_.get());
}

std::unique_ptr<http::detail::secure_channel> client_context::connect(int fd, const std::string& host) {
  auto channel = std::make_unique<session>(*context_, fd, session::role::client);
  auto* ssl = &channel->native();
  const std::string& name = server_name_.empty() ? host : server_name_;
  boost::system::error_code is_name;
  boost::asio::ip::make_address(name, is_name);
  // RFC 6066, 3: an IP address is not sent as a server name.
  const bool told = is_name ? SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 && SSL_set1_host(ssl, name.c_str()) == 1
                            : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  if (!told) throw std::bad_alloc();
  return channel;
}

}  // namespace brood::https::detail

namespace brood::https {

client_tls::client_tls(client_tls_options options) : context_(std::make_shared<detail::client_context>(options)) {}

client_tls::operator http::client_tls_ptr() const noexcept { return context_; }

}  // namespace brood::https

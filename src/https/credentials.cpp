#include "https/credentials.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509err.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>

#include "brood/unique_fd.hpp"

namespace brood::https::detail {
namespace {

/// Without this callback OpenSSL would ask on the terminal.
int give_passphrase(char* room, int size, int, void* given) {
  if (given == nullptr) return -1;
  const auto& text = *static_cast<const std::string*>(given);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(room, text.data(), text.size());
  return static_cast<int>(text.size());
}

bool is_mismatch(unsigned long code) noexcept {
  const int reason = ERR_GET_REASON(code);
  return ERR_GET_LIB(code) == ERR_LIB_X509 &&
         (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
}

}  // namespace

void throw_last_error(const std::string& what) { throw boost::system::system_error(last_error(), what); }

context_ptr make_context(const SSL_METHOD* method) {
  context_ptr context{made(SSL_CTX_new(method))};
  auto* c = context.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(c, give_passphrase);
  return context;
}

void check_readable(const char* what, const std::filesystem::path& file) {
  const std::string name = "https: " + std::string(what) + ' ' + file.string();
  const unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) throw boost::system::system_error(errno, boost::system::system_category(), name);
  if (std::filesystem::is_directory(file)) {
    throw boost::system::system_error(EISDIR, boost::system::system_category(), name);
  }
}

void use(SSL_CTX& context, const certificate_files& files) {
  check_readable("certificate", files.certificate);
  check_readable("key", files.key);
  std::string passphrase = files.passphrase;
  SSL_CTX_set_default_passwd_cb_userdata(&context, &passphrase);
  ERR_clear_error();
  const bool certified = SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) == 1;
  const bool complete = certified && SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(&context, nullptr);
  std::fill(passphrase.begin(), passphrase.end(), '\0');
  if (!certified) throw_last_error("https: certificate " + files.certificate.string());
  const bool mismatch = is_mismatch(ERR_peek_error());
  if (mismatch)
    throw_last_error("https: key " + files.key.string() + " of another certificate than " + files.certificate.string());
  if (!complete || SSL_CTX_check_private_key(&context) != 1) throw_last_error("https: key " + files.key.string());
}

}  // namespace brood::https::detail

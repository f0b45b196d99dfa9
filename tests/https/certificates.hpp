#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "brood/https.hpp"
#include "support/temporary_folder.hpp"

namespace brood_test {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;
using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;

/// A certificate authority that exists for one test, and the files it has written.
class authority {
 public:
  struct wish {
    std::string file;                                  ///< name.pem and name.key in the folder
    std::string names = "DNS:localhost,IP:127.0.0.1";  ///< as OpenSSL writes subjectAltName
    long begins = -3600;                               ///< seconds from now
    long ends = 3600;
    std::string passphrase{};
  };

  explicit authority(const std::string& name = "brood test authority")
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) {
    certificate_ = make(name, key_.get(), -3600, 3600);
    add(NID_basic_constraints, "critical,CA:TRUE");
    sign(*certificate_);
    write(ca(), certificate_.get());
  }

  std::filesystem::path ca() const { return folder_ / "ca.pem"; }
  const temporary_folder& folder() const { return folder_; }

  brood::https::certificate_files issue(const wish& w) {
    const key_ptr key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    auto issued = make(w.file, key.get(), w.begins, w.ends);
    std::swap(issued, certificate_);  // add() works on the one being made
    add(NID_subject_alt_name, w.names.c_str());
    std::swap(issued, certificate_);
    sign(*issued);
    brood::https::certificate_files files{folder_ / (w.file + ".pem"), folder_ / (w.file + ".key"), w.passphrase};
    write(files.certificate, issued.get());
    const file_ptr to{std::fopen(files.key.c_str(), "w")};
    const auto* cipher = w.passphrase.empty() ? nullptr : EVP_aes_256_cbc();
    PEM_write_PrivateKey(to.get(), key.get(), cipher, nullptr, 0, nullptr,
                         w.passphrase.empty() ? nullptr : const_cast<char*>(w.passphrase.c_str()));
    return files;
  }
  /// One for this machine, as what a server is given.
  brood::https::server_tls_options server() {
    const auto files = issue({.file = "server"});
    return {.certificate = files.certificate, .key = files.key};
  }
  /// What a client needs to trust it.
  brood::https::client_tls_options client() const { return {.ca = ca()}; }

 private:
  static certificate_ptr make(const std::string& name, EVP_PKEY* key, long begins, long ends) {
    static long serial = 0;
    certificate_ptr c{X509_new()};
    X509_set_version(c.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c.get()), begins);
    X509_gmtime_adj(X509_getm_notAfter(c.get()), ends);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_pubkey(c.get(), key);
    return c;
  }
  void add(int what, const char* value) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  void sign(X509& c) {
    X509_set_issuer_name(&c, X509_get_subject_name(certificate_.get()));
    X509_sign(&c, key_.get(), EVP_sha256());
  }
  static void write(const std::filesystem::path& file, X509* c) {
    const file_ptr to{std::fopen(file.c_str(), "w")};
    PEM_write_X509(to.get(), c);
  }

  temporary_folder folder_;
  key_ptr key_;
  certificate_ptr certificate_;
};

}  // namespace brood_test

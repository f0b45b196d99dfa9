#include "brood/https/certificate_error.hpp"

#include <openssl/x509_vfy.h>

#include <string>

namespace brood::https {
namespace {

class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "brood.certificate"; }
  std::string message(int verdict) const override {
    return std::string("certificate of the peer: ") + X509_verify_cert_error_string(verdict);
  }
};

}  // namespace

const boost::system::error_category& certificate_category() noexcept {
  static const category one;
  return one;
}

}  // namespace brood::https

#pragma once

#include <memory>
#include <string>

#include "brood/https/client_tls.hpp"
#include "http/secure.hpp"
#include "https/openssl.hpp"

namespace brood::https::detail {

/// The state of a client_tls.
class client_context final : public http::detail::client_security {
 public:
  explicit client_context(const client_tls_options& options);

  std::unique_ptr<http::detail::secure_channel> connect(int fd, const std::string& host) override;

 private:
  context_ptr context_;
  std::string server_name_;
};

}  // namespace brood::https::detail

#pragma once

#include <memory>
#include <vector>

#include "brood/https/server_tls.hpp"
#include "http/secure.hpp"
#include "https/openssl.hpp"
#include "https/ticket_keys.hpp"

namespace brood::https::detail {

/// The state of a server_tls: the context for new connections, and the ticket keys, which outlive the context.
class server_context final : public http::detail::server_security {
 public:
  explicit server_context(server_tls_options options);

  void reload();

  std::unique_ptr<http::detail::secure_channel> accept(int fd) override;
  boost::json::value shared() const override { return keys_->to_json(); }
  void agree(const void* port, const boost::json::value& data) override { keys_->adopt(port, data); }

 private:
  const server_tls_options options_;
  const std::shared_ptr<ticket_keys> keys_;
  context_ptr context_;
};

}  // namespace brood::https::detail

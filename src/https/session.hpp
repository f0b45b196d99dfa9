#pragma once

#include <string>

#include "http/byte_buffer.hpp"
#include "http/secure.hpp"
#include "https/openssl.hpp"

namespace brood::https::detail {

/// One connection's TLS, on the descriptor of its socket: OpenSSL reads and writes it through a BIO of ours, which
/// never waits, never raises SIGPIPE, and first gives what the loop has read.
class session final : public http::detail::secure_channel {
 public:
  enum class role : bool { server, client };

  /// The descriptor stays the caller's. Throws std::bad_alloc.
  session(SSL_CTX& context, int fd, role side);

  http::detail::io_result handshake() override;
  http::detail::io_result receive(std::span<char> room) override;
  http::detail::io_result send(std::string_view data, bool more) override;
  void end() noexcept override;

  bool established() const noexcept override { return ssl_ && SSL_is_init_finished(ssl_.get()) != 0; }
  bool wants_write() const noexcept override { return wants_write_; }
  std::span<char> input() override;
  void arrived(std::size_t size) noexcept override;
  bool pending() const noexcept override;
  boost::system::error_code error() const noexcept override { return error_; }
  bool peer_is_plain() const noexcept override { return peer_is_plain_; }

  SSL& native() const noexcept { return *ssl_; }
  /// All that is here of what the peer sent, decrypted, without another look at the socket.
  std::string take_rest();
  /// Gives away what OpenSSL has, which may be given another BIO; nothing is left in this.
  ssl_ptr release() noexcept { return std::move(ssl_); }

 private:
  struct bio;

  http::detail::io_result outcome(int returned) noexcept;
  void fail(int why) noexcept;

  ssl_ptr ssl_;
  http::detail::byte_buffer input_;  // read from the socket, and not by OpenSSL yet
  int fd_;
  boost::system::error_code error_;
  bool client_;
  bool more_ = false;   // what is being sent is followed by more
  bool ended_ = false;  // the socket has come to its end
  bool own_input_only_ = false;
  bool wants_write_ = false;
  bool over_ = false;  // nothing comes or goes any more
  bool peer_is_plain_ = false;
};

}  // namespace brood::https::detail

#pragma once

#include <string>

#include "http/byte_buffer.hpp"
#include "http/secure.hpp"
#include "https/openssl.hpp"

namespace brood::https::detail {

/// The TLS state of one connection, on the descriptor of its socket. OpenSSL reads and writes through a custom BIO,
/// which never blocks, never raises SIGPIPE, and first returns the data that the loop has read.
class session final : public http::detail::secure_channel {
 public:
  enum class role : bool { server, client };

  /// The caller keeps the descriptor. Throws std::bad_alloc.
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
  /// Returns all data of the peer that has been received, decrypted, without reading from the socket.
  std::string take_rest();
  /// Returns OpenSSL's object, which may get another BIO. This session must not be used afterwards.
  ssl_ptr release() noexcept { return std::move(ssl_); }

 private:
  struct bio;

  http::detail::io_result outcome(int returned) noexcept;
  void fail(int why) noexcept;

  ssl_ptr ssl_;
  http::detail::byte_buffer input_;  // read from the socket, but not by OpenSSL yet
  int fd_;
  boost::system::error_code error_;
  bool client_;
  bool more_ = false;   // more data follows the current write
  bool ended_ = false;  // the socket has reached its end
  bool own_input_only_ = false;
  bool wants_write_ = false;
  bool over_ = false;  // no more data can be read or written
  bool peer_is_plain_ = false;
};

}  // namespace brood::https::detail

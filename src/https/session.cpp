#include "https/session.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>

#include "brood/https/certificate_error.hpp"

namespace brood::https::detail {
namespace {

using http::detail::io_result;

// Most requests and most client handshakes fit. A longer record is read directly into OpenSSL's buffer.
constexpr std::size_t input_room = 4 * 1024;

template <class Call>
ssize_t retried(Call call) noexcept {
  ssize_t size;
  do {
    size = call();
  } while (size < 0 && errno == EINTR);
  return size;
}

}  // namespace

/// The functions of the custom BIO: OpenSSL calls them in place of read(2) and write(2).
struct session::bio {
  static session& of(BIO* b) noexcept { return *static_cast<session*>(BIO_get_data(b)); }

  static int read(BIO* b, char* to, int size) noexcept {
    BIO_clear_retry_flags(b);
    auto& s = of(b);
    const auto wanted = static_cast<std::size_t>(size);
    if (s.input_.empty() && !s.ended_ && !s.own_input_only_) {
      // Avoids a system call for just the five bytes before a record.
      const auto room = wanted < input_room ? s.input_.prepare(input_room) : std::span<char>(to, wanted);
      const auto got = retried([&] { return ::recv(s.fd_, room.data(), room.size(), MSG_DONTWAIT); });
      if (got > 0 && room.data() == to) return static_cast<int>(got);
      if (got > 0) s.input_.commit(static_cast<std::size_t>(got));
      s.ended_ = got == 0;
      if (got < 0 && errno != EAGAIN) return -1;
    }
    if (s.input_.empty()) {
      if (s.ended_) return 0;
      BIO_set_retry_read(b);
      return -1;
    }
    const auto count = std::min(wanted, s.input_.size());
    std::memcpy(to, s.input_.data(), count);
    s.input_.consume(count);
    return static_cast<int>(count);
  }

  static int write(BIO* b, const char* data, int size) noexcept {
    BIO_clear_retry_flags(b);
    const auto& s = of(b);
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (s.more_ ? MSG_MORE : 0);
    const auto sent = retried([&] { return ::send(s.fd_, data, static_cast<std::size_t>(size), flags); });
    if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(b);
    return static_cast<int>(sent);
  }

  static long control(BIO* b, int command, long, void*) noexcept {
    if (command == BIO_CTRL_EOF) return of(b).ended_ && of(b).input_.empty() ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* make() {
    auto* method = made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "brood"));
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }

  static BIO* open(session& s) {
    static BIO_METHOD* const method = make();
    auto* b = made(BIO_new(method));
    BIO_set_data(b, &s);
    BIO_set_init(b, 1);
    return b;
  }
};

session::session(SSL_CTX& context, int fd, role side)
    : ssl_(made(SSL_new(&context))), fd_(fd), client_(side == role::client) {
  auto* b = bio::open(*this);
  SSL_set_bio(ssl_.get(), b, b);
  if (client_) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

io_result session::handshake() {
  if (over_) return {};
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_.get()));
}

io_result session::receive(std::span<char> room) {
  if (over_) return {};
  ERR_clear_error();
  std::size_t size = 0;
  const int done = SSL_read_ex(ssl_.get(), room.data(), room.size(), &size);
  if (done > 0) return {.size = size};
  return outcome(done);
}

io_result session::send(std::string_view data, bool more) {
  if (over_ || SSL_is_init_finished(ssl_.get()) == 0) return {};
  ERR_clear_error();
  more_ = more;
  std::size_t size = 0;
  const int done = SSL_write_ex(ssl_.get(), data.data(), data.size(), &size);
  more_ = false;
  if (done > 0) return {.size = size};
  return outcome(done);
}

/// Converts the result of an OpenSSL call that returned no bytes.
io_result session::outcome(int returned) noexcept {
  wants_write_ = false;
  if (returned > 0) return {.size = 1};
  const int why = SSL_get_error(ssl_.get(), returned);
  if (why == SSL_ERROR_WANT_READ) return {.blocked = true};
  if (why == SSL_ERROR_WANT_WRITE) {
    wants_write_ = true;
    return {.blocked = true};
  }
  // The peer's close_notify: the peer sends no more data, but still receives.
  if (why != SSL_ERROR_ZERO_RETURN) fail(why);
  return {};
}

void session::fail(int why) noexcept {
  over_ = true;
  const int system_error = errno;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  peer_is_plain_ = !client_ && why == SSL_ERROR_SSL && reason == SSL_R_HTTP_REQUEST;
  const auto verdict = SSL_get_verify_result(ssl_.get());
  const bool verifies = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE && SSL_is_init_finished(ssl_.get()) == 0;
  if (why == SSL_ERROR_SSL && verifies && verdict != X509_V_OK) {
    error_ = {static_cast<int>(verdict), certificate_category()};
    ERR_clear_error();
  } else if (ended_) {
    error_ = boost::asio::ssl::error::stream_truncated;
    ERR_clear_error();
  } else if (why == SSL_ERROR_SYSCALL && system_error != 0) {
    error_ = {system_error, boost::system::system_category()};
    ERR_clear_error();
  } else {
    error_ = last_error();
  }
}

/// Best effort: a peer that cannot receive a few bytes now does not need them.
void session::end() noexcept {
  if (over_ || !ssl_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::span<char> session::input() { return input_.prepare(input_room); }

void session::arrived(std::size_t size) noexcept { input_.commit(size); }

bool session::pending() const noexcept { return !input_.empty() || SSL_has_pending(ssl_.get()) != 0; }

std::string session::take_rest() {
  std::string rest;
  std::array<char, input_room> piece;
  own_input_only_ = true;
  for (auto got = receive(piece); got.size > 0; got = receive(piece)) rest.append(piece.data(), got.size);
  own_input_only_ = false;
  return rest;
}

}  // namespace brood::https::detail

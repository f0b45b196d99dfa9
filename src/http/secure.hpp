#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "brood/http/response.hpp"
#include "brood/http/upgraded.hpp"

namespace brood::http::detail {

/// The result of a non-blocking call. If there are no bytes and it is not blocked, the peer has closed or the
/// connection has failed.
struct io_result {
  std::size_t size = 0;
  bool blocked = false;
};

/// The TLS layer between a connection and its socket: the interface behind which brood::https uses OpenSSL. It uses the
/// socket's descriptor directly and never blocks.
///
/// The first call performs the handshake. After a call has failed, all further calls fail.
class secure_channel {
 public:
  secure_channel() = default;
  secure_channel(const secure_channel&) = delete;
  secure_channel& operator=(const secure_channel&) = delete;
  virtual ~secure_channel() = default;

  /// Returns a size of 1 when the handshake is complete.
  virtual io_result handshake() = 0;
  /// Returns decrypted bytes if there are any.
  virtual io_result receive(std::span<char> room) = 0;
  /// `more`: further data follows at once. After a blocked call, the next one must begin with the same bytes.
  virtual io_result send(std::string_view data, bool more) = 0;
  /// Sends close_notify: no more data will be sent. No effect after a failure.
  virtual void end() noexcept = 0;

  // How a blocked reader waits: if true, until the socket accepts output; otherwise by reading into the input, which
  // saves a wait for readiness.
  virtual bool wants_write() const noexcept = 0;
  virtual std::span<char> input() = 0;
  virtual void arrived(std::size_t size) noexcept = 0;

  /// The handshake has succeeded.
  virtual bool established() const noexcept = 0;
  /// Data was read from the socket but not delivered yet.
  virtual bool pending() const noexcept = 0;
  /// Why the last call failed; no error if the peer has closed properly.
  virtual boost::system::error_code error() const noexcept = 0;
  /// The peer speaks plain HTTP: nothing was sent to it yet, and it would understand a plain response.
  virtual bool peer_is_plain() const noexcept = 0;
};

/// The state of server_options::tls.
class server_security {
 public:
  virtual ~server_security() = default;
  /// For a newly accepted connection. The caller keeps the descriptor. Throws std::bad_alloc.
  virtual std::unique_ptr<secure_channel> accept(int fd) = 0;
  /// The data that all workers of a port should share, and the data that they share. It may be announced again, and
  /// then replaces the earlier data of that port.
  virtual boost::json::value shared() const = 0;
  virtual void agree(const void* port, const boost::json::value& data) = 0;
};

/// The state of client_options::tls.
class client_security {
 public:
  virtual ~client_security() = default;
  /// `host` is a name, or an address without brackets, which the certificate must match. Throws std::bad_alloc.
  virtual std::unique_ptr<secure_channel> connect(int fd, const std::string& host) = 0;
};

/// A connection that no longer speaks HTTP, with its TLS channel if it has one.
struct departed {
  upgraded connection;
  std::unique_ptr<secure_channel> channel;
};
/// response::upgrade(), for callers that support a TLS channel.
departed depart(response& from);

}  // namespace brood::http::detail

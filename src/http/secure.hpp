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

/// What a call that does not wait came to. Neither bytes nor blocked: the peer is gone or has ended.
struct io_result {
  std::size_t size = 0;
  bool blocked = false;
};

/// What stands between a connection and its socket where it is not plain: the seam behind which brood::https keeps
/// OpenSSL. It uses the descriptor of the socket itself, and nothing here waits.
///
/// The handshake is made by whatever call comes first. Once a call has failed, so do all that follow.
class secure_channel {
 public:
  secure_channel() = default;
  secure_channel(const secure_channel&) = delete;
  secure_channel& operator=(const secure_channel&) = delete;
  virtual ~secure_channel() = default;

  /// Done: a size of 1.
  virtual io_result handshake() = 0;
  /// Decrypted bytes, as far as there are any.
  virtual io_result receive(std::span<char> room) = 0;
  /// `more` follows at once. Where it was blocked, the next call must begin with the same bytes.
  virtual io_result send(std::string_view data, bool more) = 0;
  /// Nothing more is sent, which the peer is told; does nothing after a failure.
  virtual void end() noexcept = 0;

  // How a reader that was blocked waits: for the socket to take bytes if it wants to write, else by a read of the
  // loop's into the input, which saves asking the loop for readiness.
  virtual bool wants_write() const noexcept = 0;
  virtual std::span<char> input() = 0;
  virtual void arrived(std::size_t size) noexcept = 0;

  /// The handshake is over, and went well.
  virtual bool established() const noexcept = 0;
  /// Something has been read from the socket that nobody has got yet.
  virtual bool pending() const noexcept = 0;
  /// Why the last call failed; none where the peer has ended in good order.
  virtual boost::system::error_code error() const noexcept = 0;
  /// The peer speaks plain HTTP: nothing has been sent to it yet, and it would understand an answer.
  virtual bool peer_is_plain() const noexcept = 0;
};

/// What stands behind server_options::tls.
class server_security {
 public:
  virtual ~server_security() = default;
  /// For a connection just accepted. The descriptor stays the caller's. Throws std::bad_alloc.
  virtual std::unique_ptr<secure_channel> accept(int fd) = 0;
  /// What all workers that serve one port should agree on, and what they have agreed on: may be told again, and takes
  /// the place of what was told of that port before.
  virtual boost::json::value shared() const = 0;
  virtual void agree(const void* port, const boost::json::value& data) = 0;
};

/// What stands behind client_options::tls.
class client_security {
 public:
  virtual ~client_security() = default;
  /// `host` is a name or an address without brackets, which the peer must prove to be. Throws std::bad_alloc.
  virtual std::unique_ptr<secure_channel> connect(int fd, const std::string& host) = 0;
};

/// A connection that leaves HTTP, with its channel if it has one.
struct departed {
  upgraded connection;
  std::unique_ptr<secure_channel> channel;
};
/// response::upgrade(), for those that can do with a channel.
departed depart(response& from);

}  // namespace brood::http::detail

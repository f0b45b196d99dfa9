#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "brood/unique_fd.hpp"
#include "brood/value.hpp"

namespace brood {

/// A file descriptor that is sent with a message, with the type that Node gives it.
///
/// It owns the descriptor. When sent, it is kept until the peer has accepted it, then closed. When received, it is
/// closed unless the program takes it by release() or take_as().
class attachment {
 public:
  /// The types in Node's NODE_HANDLE frame.
  enum class kind { none, native, socket, server, datagram_native, datagram };

  attachment() = default;
  /// Detects the type: a listening stream socket is a `server`, any other stream socket a `socket`, a UDP socket a
  /// `datagram`. Everything else is `native`, for example a pipe or a Unix datagram socket. An empty one is `none`.
  explicit attachment(unique_fd fd) noexcept : kind_(kind_of(fd.get())), fd_(std::move(fd)) {}
  attachment(kind what, unique_fd fd) noexcept : kind_(fd ? what : kind::none), fd_(std::move(fd)) {}

  /// Gives away an Asio socket or acceptor: TCP, UDP or Unix. Its pending operations are cancelled, and it is closed
  /// here.
  template <class Socket>
  static attachment of(Socket&& socket) requires std::is_rvalue_reference_v<Socket&&> {
    return attachment(unique_fd(socket.release()));
  }
  /// The same, but the caller keeps its own: both descriptors refer to one socket, as after fork(2).
  /// Throws: boost::system::system_error if the descriptor cannot be duplicated.
  template <class Socket>
  static attachment copy_of(const Socket& socket) {
    return attachment(duplicate(const_cast<Socket&>(socket).native_handle()));
  }

  /// Returns the received handle as an Asio object: `m.handle.take_as<asio::ip::tcp::socket>(loop)`. The attachment is
  /// empty afterwards.
  /// Throws: boost::system::system_error with invalid_argument if it is a socket of another protocol, or a listening
  /// socket instead of a connection or the reverse. With the system's error if it is empty or not a socket. The
  /// attachment is unchanged in each case.
  template <class Socket, class Context>
  Socket take_as(Context&& context) {
    using protocol = typename Socket::protocol_type;
    Socket socket(std::forward<Context>(context));
    constexpr bool accepts = requires { socket.listen(); };
    if constexpr (requires { protocol::v6(); }) {
      const protocol family = is_ipv6() ? protocol::v6() : protocol::v4();
      check_is(family.family(), family.type(), accepts);
      socket.assign(family, native_handle());
    } else {
      check_is(protocol().family(), protocol().type(), accepts);
      socket.assign(protocol(), native_handle());
    }
    static_cast<void>(release().release());
    return socket;
  }

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  kind type() const noexcept { return kind_; }
  int native_handle() const noexcept { return fd_.get(); }
  /// Returns the descriptor. The attachment is empty afterwards.
  [[nodiscard]] unique_fd release() noexcept {
    kind_ = kind::none;
    return std::move(fd_);
  }

 private:
  static kind kind_of(int fd) noexcept;
  static unique_fd duplicate(int fd);
  bool is_ipv6() const noexcept;
  void check_is(int family, int type, bool accepts) const;

  kind kind_ = kind::none;  // first, because it is derived from the descriptor
  unique_fd fd_;
};

/// A message that one process sent to another over their channel.
struct message {
  /// The content, as far as JSON can represent it (json_view). Strings and keys are UTF-8. A lone surrogate, which a
  /// JavaScript string may contain, is encoded as three bytes (WTF-8) in both serializations, and sent as that
  /// surrogate again: `"a\ud83d"` is "a\xed\xa0\xbd" here. A UTF-8 decoder rejects these bytes.
  boost::json::value body{};
  attachment handle{};
  /// The full content, if it is more than `body`: a Map, a Buffer, undefined ... Only the advanced serialization has
  /// such values.
  std::optional<value> rich{};

  /// The full content in either case. Strings are as in `body`.
  value content() const { return rich ? *rich : from_json(body); }
};

}  // namespace brood

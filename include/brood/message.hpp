#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "brood/unique_fd.hpp"
#include "brood/value.hpp"

namespace brood {

/// A descriptor that travels with a message, and what Node's side shall make of it.
///
/// It owns the descriptor: sent, it is kept until the peer has taken it, then closed; received, it is closed
/// unless somebody takes it out with release().
class attachment {
 public:
  /// The types of Node's NODE_HANDLE frame.
  enum class kind { none, native, socket, server, datagram_native, datagram };

  attachment() = default;
  attachment(kind what, unique_fd fd) noexcept : kind_(fd ? what : kind::none), fd_(std::move(fd)) {}

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  kind type() const noexcept { return kind_; }
  int native_handle() const noexcept { return fd_.get(); }
  /// Hands the descriptor over to the caller; the attachment is empty afterwards.
  [[nodiscard]] unique_fd release() noexcept {
    kind_ = kind::none;
    return std::move(fd_);
  }

 private:
  kind kind_ = kind::none;
  unique_fd fd_;
};

/// What one process sent to another over their channel.
struct message {
  /// What was sent, or as much of it as JSON can hold (json_view).
  boost::json::value body{};
  attachment handle{};
  /// All of it, where that is more than `body`: a Map, a Buffer, something undefined ... Only the advanced
  /// serialization brings such.
  std::optional<value> rich{};

  /// All of it, in either case.
  value content() const { return rich ? *rich : from_json(body); }
};

}  // namespace brood

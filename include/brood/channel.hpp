#pragma once

#include <boost/json/value.hpp>
#include <memory>

#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/message.hpp"

namespace brood {

namespace ipc {
struct endpoint;
}

/// A child's end of the channel to the parent that started it with fork(): Node's `process.send` and
/// `process.on('message')`, be the parent a Node or a brood program.
///
/// The variables that name the channel are taken out of the environment when brood first looks for it, and its
/// descriptor is closed on exec, so that no child of this process can mistake it for its own. There is one channel a
/// process; make one parent_channel, early.
class parent_channel {
 public:
  /// Throws boost::system::system_error with errc::no_channel where exists() says false, or when it is taken already.
  explicit parent_channel(executor ex);
  parent_channel(parent_channel&&) noexcept = default;
  parent_channel& operator=(parent_channel&&) noexcept = default;
  /// Closes the channel, after what was sent has left.
  ~parent_channel();

  /// Whether this process was started with a channel.
  static bool exists();

  /// What the parent sends. The channel keeps the loop's run() from returning while somebody reads here, as in Node.
  inbox<message> messages;
  /// The channel is gone: the parent closed it or died. The value is why; no error where it was done in good order.
  milestone<error_code> disconnected;

  /// Queues a message; it leaves in order. False when 128 KiB or more wait to leave (queued all the same) or when the
  /// channel is closed (then the message is dropped, and so is the attached descriptor).
  bool send(boost::json::value body, attachment handle = {});
  /// The same with a brood::value, or one of its kinds: all of it in the advanced serialization, in json what
  /// JSON.stringify makes of it. Throws boost::system::system_error with errc::not_serializable where there is no form
  /// for it: in json a cycle or a BigInt, in both what is nested deeper than 3,000 levels.
  template <value_like T>
  bool send(T body, attachment handle = {}) {
    return send_value(std::move(body), std::move(handle));
  }
  /// Closes the channel once all that was sent has left.
  void disconnect();
  bool connected() const noexcept;

 private:
  bool send_value(const value& body, attachment handle);
  explicit parent_channel(std::shared_ptr<ipc::endpoint> opened);

  std::shared_ptr<ipc::endpoint> endpoint_;
};

}  // namespace brood

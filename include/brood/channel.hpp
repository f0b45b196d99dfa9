#pragma once

#include <memory>

#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood {

/// A child's end of the channel to the parent that started it with fork(): Node's `process.send` and
/// `process.on('message')`, be the parent a Node or a brood program.
///
/// The variables that name the channel are taken out of the environment when brood first looks for it, and its
/// descriptor is closed on exec, so that no child of this process can mistake it for its own. There is one channel a
/// process; make one parent_channel, early.
class parent_channel : public message_sender {
 public:
  /// Throws boost::system::system_error with errc::no_channel where exists() says false, or when it is taken already.
  explicit parent_channel(executor ex);
  parent_channel(parent_channel&&) noexcept = default;
  parent_channel& operator=(parent_channel&& other) noexcept;
  /// Closes the channel, after what was sent has left.
  ~parent_channel();

  /// Whether this process was started with a channel.
  static bool exists();

  /// What the parent sends. The channel keeps the loop's run() from returning while somebody reads here, as in Node.
  inbox<message> messages;
  /// The channel is gone: the parent closed it or died. The value is why; no error where it was done in good order.
  one_shot_event<error_code> disconnected;

  /// Closes the channel once all that was sent has left.
  void disconnect();
  bool connected() const noexcept;

 private:
  friend detail::access;
  explicit parent_channel(std::shared_ptr<detail::ipc::endpoint> opened);
};

}  // namespace brood

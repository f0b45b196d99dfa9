#pragma once

#include <memory>

#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood {

/// A child's end of the channel to the parent that started it with fork(): Node's `process.send` and
/// `process.on('message')`. The parent is a Node or a brood program.
///
/// No child of this process can use the channel. brood removes the variables that name it from the environment when it
/// first looks for the channel. The descriptor is closed on exec. A process has one channel: create one parent_channel,
/// early.
class parent_channel : public message_sender {
 public:
  /// Throws: boost::system::system_error with errc::no_channel if exists() is false, or if the channel is already in
  /// use; with errc::unknown_serialization if the parent chose one that this version does not know.
  explicit parent_channel(executor ex);
  parent_channel(parent_channel&&) noexcept = default;
  parent_channel& operator=(parent_channel&& other) noexcept;
  /// Closes the channel after everything that was sent has been written.
  ~parent_channel();

  /// Whether this process was started with a channel.
  static bool exists();

  /// Messages from the parent. While something reads them or `requests`, or listens to or waits for `disconnected`, the
  /// channel keeps the loop's run() from returning, as in Node.
  inbox<message> messages;
  /// The channel is closed: the parent closed it or exited. The value is the reason: no error if it was closed
  /// properly.
  one_shot_event<error_code> disconnected;

  /// Closes the channel after everything that was sent has been written.
  void disconnect();
  bool connected() const noexcept;

 private:
  friend detail::access;
  explicit parent_channel(std::shared_ptr<detail::ipc::endpoint> opened);
};

}  // namespace brood

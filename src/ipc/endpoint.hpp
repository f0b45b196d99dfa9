#pragma once

#include <functional>
#include <memory>

#include "brood/detail/event_state.hpp"
#include "ipc/channel.hpp"

namespace brood::ipc {

/// A channel with the two events that a program sees of it: what stands behind a parent_channel, and behind the
/// message side of a child_process. Without a channel it is one that is closed already.
struct endpoint : std::enable_shared_from_this<endpoint> {
  explicit endpoint(asio::any_io_executor ex)
      : executor(ex),
        disconnected(std::make_shared<detail::milestone_state<error_code>>(ex)),
        messages(std::make_shared<detail::inbox_state<message>>(ex, inbox_capacity)) {}

  /// Once. The channel's callbacks refer back weakly: whoever owns this decides how long messages are delivered.
  void open(unique_fd fd);

  bool send(const boost::json::value& body, attachment handle) { return link && link->send(body, std::move(handle)); }
  bool send_value(const value& body, attachment handle) { return link && link->send_value(body, std::move(handle)); }
  void disconnect() {
    if (link) link->disconnect();
  }
  bool connected() const noexcept { return link && link->connected(); }

  asio::any_io_executor executor;
  serialization form = serialization::json;  ///< to be set before open()
  std::shared_ptr<channel> link;
  /// Where the messages of brood's own protocols on top of the channel go; set by the cluster.
  std::function<void(boost::json::object, attachment)> internal_message;
  /// Sees each message before `messages` gets it.
  std::function<void(const message&)> tap;
  /// What happens when `messages` is full and nobody has ever read it: the channel is stopped, as a rule. A cluster has
  /// traffic of its own on the channel, which must not wait for that; it drops what nobody wants.
  bool drop_unread = false;
  std::shared_ptr<detail::milestone_state<error_code>> disconnected;
  std::shared_ptr<detail::inbox_state<message>> messages;
};

}  // namespace brood::ipc

#pragma once

#include <functional>
#include <memory>

#include "brood/detail/event_state.hpp"
#include "brood/request.hpp"
#include "ipc/channel.hpp"
#include "ipc/open_requests.hpp"

namespace brood::detail::ipc {

/// What a reader may be behind before its source is stopped: so many messages, fewer where they are large.
inline constexpr std::size_t inbox_capacity = 1024;
inline constexpr std::size_t bytes_of_one = 64 * 1024;  // a message weighs one more for each

/// A channel with the events that a program sees of it: what stands behind a parent_channel, and behind the
/// message side of a child_process. Without a channel it is one that is closed already.
struct endpoint : std::enable_shared_from_this<endpoint> {
  explicit endpoint(asio::any_io_executor ex)
      : executor(ex),
        disconnected(std::make_shared<detail::one_shot_state<error_code>>(ex)),
        messages(std::make_shared<detail::inbox_state<message>>(ex, inbox_capacity)),
        requests(std::make_shared<detail::inbox_state<request>>(ex, inbox_capacity)),
        unanswered(std::make_shared<open_requests>(ex)) {}

  /// Once. The channel's callbacks refer back weakly: whoever owns this decides how long messages are delivered.
  void open(unique_fd fd);
  /// The same for the channel that this process was given by its parent.
  void open_inherited(unique_fd fd);

  bool send(const boost::json::value& body, attachment handle, handle_outcome outcome) {
    return link && link->send(body, std::move(handle), std::move(outcome));
  }
  bool send(const value& body, attachment handle, handle_outcome outcome) {
    return link && link->send_value(body, std::move(handle), std::move(outcome));
  }
  bool send_json(std::string_view text) { return link && link->send_json(text); }
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
  std::shared_ptr<detail::one_shot_state<error_code>> disconnected;
  std::shared_ptr<detail::inbox_state<message>> messages;
  std::shared_ptr<detail::inbox_state<request>> requests;  ///< of the peer
  std::shared_ptr<open_requests> unanswered;               ///< the requests that this side has sent

 private:
  void arrived(message&& m, std::size_t size);
  bool is_request_or_answer(message& m, std::size_t weight);
};

}  // namespace brood::detail::ipc

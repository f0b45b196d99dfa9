#pragma once

#include <functional>
#include <memory>

#include "brood/detail/event_state.hpp"
#include "brood/request.hpp"
#include "ipc/channel.hpp"
#include "ipc/open_requests.hpp"

namespace brood::detail::ipc {

/// How far a reader may fall behind before its source is paused: this many messages, or fewer large ones.
inline constexpr std::size_t inbox_capacity = 1024;
inline constexpr std::size_t bytes_of_one = 64 * 1024;  // a message counts once more for each so many bytes

/// A channel with its public events: the state of a parent_channel, and of the message side of a child_process. Without
/// a channel it is closed from the start.
struct endpoint : std::enable_shared_from_this<endpoint> {
  explicit endpoint(asio::any_io_executor ex)
      : executor(ex),
        disconnected(std::make_shared<detail::one_shot_state<error_code>>(ex)),
        messages(std::make_shared<detail::inbox_state<message>>(ex, inbox_capacity)),
        requests(std::make_shared<detail::inbox_state<request>>(ex, inbox_capacity)),
        unanswered(std::make_shared<open_requests>(ex)) {}

  /// May be called once. The channel's callbacks refer back weakly: the owner of this object decides how long messages
  /// are delivered.
  void open(unique_fd fd);
  /// The same for the channel that this process inherited from its parent.
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
  serialization form = serialization::json;  ///< must be set before open()
  std::shared_ptr<channel> link;
  /// Called with messages of brood's own protocols; set by the cluster.
  std::function<void(boost::json::object, attachment)> internal_message;
  /// Called with each message before `messages` gets it.
  std::function<void(const message&)> tap;
  /// What happens if `messages` is full and was never read. By default the channel is paused. The cluster's own
  /// messages on the channel must not wait for that, so it drops such messages instead.
  bool drop_unread = false;
  std::shared_ptr<detail::one_shot_state<error_code>> disconnected;
  std::shared_ptr<detail::inbox_state<message>> messages;
  std::shared_ptr<detail::inbox_state<request>> requests;  ///< of the peer
  std::shared_ptr<open_requests> unanswered;               ///< the requests sent by this side

 private:
  void arrived(message&& m, std::size_t size);
  bool is_request_or_answer(message& m, std::size_t weight);
};

}  // namespace brood::detail::ipc

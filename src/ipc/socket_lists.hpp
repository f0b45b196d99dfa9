#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace brood::detail::ipc {

/// The sockets that a Node parent's server has accepted and sent to this process. The server's `getConnections()`, and
/// the completion of its `close()`, depend on the replies about them (NODE_SOCKET_GET_COUNT, NODE_SOCKET_NOTIFY_CLOSE).
///
/// Received sockets belong to the program, and nothing reports when it closes them. So a descriptor counts as open
/// while it refers to the file that arrived. A socket that the program has duplicated and closed counts as closed.
class socket_lists {
 public:
  /// A socket has arrived. Without a key the parent will not ask for it.
  void arrived(const std::string& key, int fd);

  /// Whether the message is such a question. It is kept until answers() has its reply.
  bool asked(const boost::json::object& message);

  /// The replies that are possible now, as JSON text. No reply for an unknown key, as in Node.
  std::vector<std::string> answers();
  /// Whether a question waits for sockets to be closed.
  bool waiting() const noexcept { return !closing_.empty(); }

 private:
  struct arrival {
    int fd;
    std::uint64_t number;
  };

  static std::size_t open_ones(std::vector<arrival>& all);

  std::map<std::string, std::vector<arrival>, std::less<>> lists_;
  std::vector<std::string> counted_;  // keys whose number was asked for
  std::vector<std::string> closing_;  // keys whose last close was asked for
};

}  // namespace brood::detail::ipc

#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace brood::detail::ipc {

/// The sockets that a Node parent's server has accepted and sent here. Its `getConnections()` and the end of its
/// `close()` wait for what we say of them (NODE_SOCKET_GET_COUNT, NODE_SOCKET_NOTIFY_CLOSE).
///
/// What was received belongs to the program, and nobody tells us when it is closed. So a descriptor counts as open for
/// as long as it is the file that arrived; one that the program has duplicated and closed counts as closed.
class socket_lists {
 public:
  /// One has arrived. Without a key nobody will ask for it.
  void arrived(const std::string& key, int fd);

  /// Whether it is a question of this kind. It is kept until answers() has the answer.
  bool asked(const boost::json::object& message);

  /// What can be answered now, as JSON text. Of keys that were never seen, nothing, as Node.
  std::vector<std::string> answers();
  /// Whether somebody waits for sockets to be closed.
  bool waiting() const noexcept { return !closing_.empty(); }

 private:
  struct arrival {
    int fd;
    std::uint64_t number;
  };

  static std::size_t open_ones(std::vector<arrival>& all);

  std::map<std::string, std::vector<arrival>, std::less<>> lists_;
  std::vector<std::string> counted_;  // keys whose number is asked for
  std::vector<std::string> closing_;  // keys whose last close is
};

}  // namespace brood::detail::ipc

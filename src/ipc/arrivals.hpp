#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <deque>

#include "brood/unique_fd.hpp"

namespace brood::detail::ipc {

/// Descriptors that have arrived before their frame was complete.
///
/// They are assigned to the frames that announce a descriptor, in order. If the kernel dropped one because this process
/// has reached its limit of descriptors, an empty one keeps its place, so that the others are not assigned wrongly.
class arrivals {
 public:
  /// Room for the descriptors of one recvmsg(2).
  // also the maximum that wait for their frame; a correct peer never has more in transit
  static constexpr std::size_t most = 64;
  static constexpr std::size_t control_size = CMSG_SPACE(sizeof(int) * most);

  /// Takes the descriptors of a received message.
  void take(const msghdr& header);
  /// The first one, for a frame that announces it. Empty if it did not arrive or was dropped.
  unique_fd next();
  /// Closes those that no frame has announced.
  void clear() noexcept { waiting_.clear(); }

 private:
  std::deque<unique_fd> waiting_;
};

}  // namespace brood::detail::ipc

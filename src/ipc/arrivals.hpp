#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <deque>

#include "brood/unique_fd.hpp"

namespace brood::detail::ipc {

/// Descriptors that have arrived before the frame they belong to was complete.
///
/// They go to the frames that announce one, in the order of both. So that nobody gets his neighbour's, one that the
/// kernel had to drop, because we are at our limit of open ones, keeps its place: an empty one.
class arrivals {
 public:
  /// Room for the descriptors of one recvmsg(2).
  static constexpr std::size_t most = 64;  // waiting for their frame, too; an honest peer has no more under way
  static constexpr std::size_t control_size = CMSG_SPACE(sizeof(int) * most);

  /// Takes what has come with these bytes.
  void take(const msghdr& header);
  /// The first one, for the frame that announces it. Empty: it did not come, or was dropped.
  unique_fd next();
  /// Closes what nobody has announced.
  void clear() noexcept { waiting_.clear(); }

 private:
  std::deque<unique_fd> waiting_;
};

}  // namespace brood::detail::ipc

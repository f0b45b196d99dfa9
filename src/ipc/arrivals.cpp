#include "ipc/arrivals.hpp"

#include <cstring>
#include <utility>

namespace brood::detail::ipc {

void arrivals::take(const msghdr& header) {
  auto* all = const_cast<msghdr*>(&header);
  for (cmsghdr* entry = CMSG_FIRSTHDR(all); entry != nullptr; entry = CMSG_NXTHDR(all, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(entry) + i * sizeof(int), sizeof(int));
      waiting_.emplace_back(fd);
    }
  }
  // A correct peer sends one descriptor at a time, so exactly one was dropped.
  if ((header.msg_flags & MSG_CTRUNC) != 0) waiting_.emplace_back();
  while (waiting_.size() > most) waiting_.pop_back();
}

unique_fd arrivals::next() {
  if (waiting_.empty()) return {};
  unique_fd first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

}  // namespace brood::detail::ipc

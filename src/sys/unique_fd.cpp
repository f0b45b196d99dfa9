#include "brood/unique_fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace brood {

void unique_fd::reset(int fd) noexcept {
  int old = std::exchange(fd_, fd);
  if (old < 0) return;
  int saved = errno;
  ::close(old);  // Linux frees the number even when it reports EINTR: never retry
  errno = saved;
}

}  // namespace brood

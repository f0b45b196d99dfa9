#include "brood/unique_fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace brood {

void unique_fd::close(int fd) noexcept {
  const int saved = errno;
  ::close(fd);  // Linux frees the number even when it reports EINTR: never retry
  errno = saved;
}

}  // namespace brood

#pragma once

#include <functional>
#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail {

/// Permissions of the file of a Unix socket.
struct unix_file {
  std::string path{};
  bool readable_all = false;  ///< for every user
  bool writable_all = false;
};

/// Returns a non-blocking Unix socket that listens, or an empty one with errno set. A stale socket file, at which no
/// process listens, is replaced; any other file is EADDRINUSE. Sets `remove` to a function that removes the file,
/// unless another one has replaced it.
unique_fd listen_at(const unix_file& file, int backlog, std::function<void()>& remove);

}  // namespace brood::detail

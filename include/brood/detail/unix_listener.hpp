#pragma once

#include <functional>
#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail {

/// How the file of a Unix socket is to be made.
struct unix_file {
  std::string path{};
  bool readable_all = false;  ///< for everybody
  bool writable_all = false;
};

/// A Unix socket that listens, non-blocking; empty with errno where it fails. A socket file that was left behind and
/// that nobody listens at is replaced; anything else there is EADDRINUSE. `remove` becomes what takes the file away in
/// the end, unless another one has taken its place.
unique_fd listen_at(const unix_file& file, int backlog, std::function<void()>& remove);

}  // namespace brood::detail

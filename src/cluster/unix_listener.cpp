#include "brood/detail/unix_listener.hpp"

#include <filesystem>
#include <system_error>

#include "sys/listen_unix.hpp"

// Listening at a path without a cluster, in the same way as in one.

namespace brood::detail {

unique_fd listen_at(const unix_file& file, int backlog, std::function<void()>& remove) {
  sys::socket_file made;
  std::error_code no_folder;
  const auto whole = std::filesystem::absolute(file.path, no_folder);  // the program may change its directory meanwhile
  unique_fd socket = sys::listen_unix(file.path, backlog, made);
  if (!socket) return socket;
  sys::allow_all(made, file.readable_all, file.writable_all);
  if (!no_folder) made.path = whole.string();
  remove = [made] { sys::remove(made); };
  return socket;
}

}  // namespace brood::detail

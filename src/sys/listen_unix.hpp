#pragma once

#include <sys/types.h>

#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

/// Identifies the file of a Unix socket.
struct socket_file {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
};

/// Checks that `path` does not look like an address: it has no '/', and is a number, an IP address, or ends in ':' and
/// a number ("8000", ":8000", "localhost:8000", "::1"). Such a path is probably meant as a port, and would create a
/// socket file of that name.
/// Throws: boost::system::system_error (EINVAL); the message says what to write instead.
void refuse_address(const std::string& path);

/// Returns a non-blocking Unix socket that listens at `path`, or an empty one with errno. A stale socket file, at which
/// no process listens, is replaced; nothing else is ever removed. Sets `made` to the file.
///
/// Two programs of brood that find the same stale file take turns, by a lock on the directory. EADDRINUSE if it is
/// locked for too long.
unique_fd listen_unix(const std::string& path, int backlog, socket_file& made);

/// Removes the file, unless another one has replaced it.
void remove(const socket_file& file) noexcept;

/// Gives every user read or write permission for the file.
void allow_all(const socket_file& file, bool read, bool write) noexcept;

/// The path that a Unix socket is bound to; empty for any other socket, and without a path.
std::string path_of(int socket);

}  // namespace brood::detail::sys

#pragma once

#include <sys/types.h>

#include <string>

#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

/// The file of a Unix socket, by which it is found again.
struct socket_file {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
};

/// Throws boost::system::system_error (EINVAL) if `path` reads as an address: it has no '/', and is a number, an IP
/// address, or ends in ':' and a number ("8000", ":8000", "localhost:8000", "::1"). Who writes such a path wants a
/// port, and would get a socket file of that name. The message says what to write instead.
void refuse_address(const std::string& path);

/// A Unix socket that listens at `path`, non-blocking; empty with errno where it fails. A socket file that is there
/// already and that nobody listens at is replaced; nothing else is ever removed. `made` tells which file it is.
///
/// Two programs of brood's that find the same stale file take turns, by a lock on the directory; EADDRINUSE where it is
/// held for too long.
unique_fd listen_unix(const std::string& path, int backlog, socket_file& made);

/// Removes the file, unless another one has taken its place.
void remove(const socket_file& file) noexcept;

/// Lets everybody read the file, or write it.
void allow_all(const socket_file& file, bool read, bool write) noexcept;

/// Where a Unix socket is bound; empty for any other, and for one without a name.
std::string path_of(int socket);

}  // namespace brood::detail::sys

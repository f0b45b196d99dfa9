#pragma once

#include <string>
#include <vector>

#include "brood/unique_fd.hpp"

namespace brood::cluster {

/// A socket that this program was started with.
struct activated_socket {
  unique_fd fd;
  /// The name in LISTEN_FDNAMES: FileDescriptorName= of the systemd unit, or the name of the unit by default. Empty if
  /// there is none.
  std::string name{};
};

/// Returns the sockets that systemd, or another program with its protocol (sd_listen_fds(3)), started this process
/// with: LISTEN_FDS, if LISTEN_PID is this process. They become close-on-exec. Pass them to primary::adopt.
///
/// The first call removes the variables LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES from the environment, so make it
/// before other threads start. Further calls return nothing.
std::vector<activated_socket> take_activated_sockets();

}  // namespace brood::cluster

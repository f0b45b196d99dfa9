#pragma once

#include <string>
#include <vector>

#include "brood/unique_fd.hpp"

namespace brood::cluster {

/// A socket that the program was started with.
struct activated_socket {
  unique_fd fd;
  /// LISTEN_FDNAMES: FileDescriptorName= of the unit, its name where that is not given; empty where nothing is told.
  std::string name{};
};

/// The sockets that systemd, or whoever speaks its protocol (sd_listen_fds(3)), has started this very process with:
/// LISTEN_FDS, where LISTEN_PID is this process. They are closed on exec from here on.
///
/// The first call takes them, and the variables LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES out of the environment, so it
/// belongs before other threads are started; each further one gives nothing. Give them to primary::adopt.
std::vector<activated_socket> take_activated_sockets();

}  // namespace brood::cluster

#include "support/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string_view>

namespace brood_test {

namespace fs = std::filesystem;

namespace {

/// Where this process stands in the hierarchy of v2: "0::/user.slice/..." of /proc/self/cgroup, below its mount.
fs::path own_group() {
  const fs::path root = fs::exists("/sys/fs/cgroup/unified/cgroup.procs") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) return root / line.substr(4);
  }
  return root;
}

}  // namespace

cgroup::cgroup() {
  static std::atomic<int> count = 0;
  const fs::path parent = own_group();
  const fs::path wanted = parent / ("brood_test_" + std::to_string(::getpid()) + '_' + std::to_string(++count));
  std::error_code ec;
  if (!fs::exists(parent / "cgroup.procs", ec)) {
    why_not_ = "no cgroup v2 at " + parent.string();
  } else if (!fs::create_directory(wanted, ec)) {
    why_not_ = "no cgroup may be made in " + parent.string() + ": " + ec.message();
  } else if (::access((wanted / "cgroup.procs").c_str(), W_OK) != 0) {
    why_not_ = "no process may be moved to " + wanted.string();
    fs::remove(wanted, ec);
  } else {
    path_ = wanted;
  }
}

/// Who has ended leaves the group a moment later, and a group with anybody in it cannot be removed. The kernel tells of
/// the last one by a change of cgroup.events (cgroup v2, "Un-populated Notification").
cgroup::~cgroup() {
  if (!exists()) return;
  std::ofstream(path_ / "cgroup.kill") << '1';
  pollfd events{.fd = ::open((path_ / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC), .events = POLLPRI, .revents = 0};
  char text[256];
  for (ssize_t size; (size = ::pread(events.fd, text, sizeof text, 0)) > 0;) {
    if (std::string_view(text, static_cast<std::size_t>(size)).find("populated 0") != std::string_view::npos) break;
    ::poll(&events, 1, -1);
  }
  ::close(events.fd);
  std::error_code ec;
  fs::remove(path_, ec);
}

}  // namespace brood_test

#include "support/cgroup.hpp"

#include <unistd.h>

#include <atomic>
#include <fstream>

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

/// Who has ended leaves the group a moment later, and a group with anybody in it cannot be removed.
cgroup::~cgroup() {
  if (!exists()) return;
  std::error_code ec;
  std::ofstream(path_ / "cgroup.kill") << '1';
  while (!fs::remove(path_, ec) && ec == std::errc::device_or_resource_busy) ::usleep(1000);
}

}  // namespace brood_test

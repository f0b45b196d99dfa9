#include "brood/parallelism.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace brood {
namespace {

unsigned affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1U;
}

/// The quota of one cgroup directory in processors; infinity for "max", or if there is none.
double quota(const std::filesystem::path& group) {
  std::ifstream file(group / "cpu.max");
  std::string allowed;
  double period = 0;
  if (!(file >> allowed >> period) || allowed == "max" || period <= 0) return INFINITY;
  return std::strtod(allowed.c_str(), nullptr) / period;
}

/// The smallest quota from this process's cgroup up to the root, because each ancestor limits everything below it.
double cgroup_quota() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    double tightest = INFINITY;
    for (std::filesystem::path group = "/sys/fs/cgroup" + line.substr(3);; group = group.parent_path()) {
      tightest = std::min(tightest, quota(group));
      if (group == "/sys/fs/cgroup" || group == group.parent_path()) return tightest;
    }
  }
  return INFINITY;
}

}  // namespace

unsigned available_parallelism() {
  double limit = std::min<double>(affinity(), std::ceil(cgroup_quota()));
  return std::max(1U, static_cast<unsigned>(limit));
}

}  // namespace brood

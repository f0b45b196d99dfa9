#include "process/cgroup.hpp"

#include <iterator>
#include <sstream>

#include "brood/unique_fd.hpp"
#include "sys/calls.hpp"
#include "sys/processes.hpp"

namespace brood::detail::process {

bool list_cgroup(const std::filesystem::path& cgroup, std::vector<pid_t>& to) {
  const auto text = sys::content_of(cgroup / "cgroup.procs");
  bool is_complete = text.has_value();
  std::istringstream numbers(text.value_or(std::string()));
  for (pid_t pid = 0; numbers >> pid;) {
    if (pid > 0) {
      to.push_back(pid);
    } else {
      is_complete = false;  // a process of another PID namespace, which has no number here
    }
  }
  const auto below = sys::folders_in(cgroup);
  if (!below) return false;
  for (const auto& name : *below) {
    // A cgroup may be removed while its parent is being read; then it has no processes.
    if (!list_cgroup(cgroup / name, to) && !sys::is_gone(errno)) is_complete = false;
  }
  return is_complete;
}

bool kill_cgroup(const std::filesystem::path& cgroup) {
  const unique_fd file(sys::open((cgroup / "cgroup.kill").c_str(), O_WRONLY));
  return file && sys::write_at(file.get(), "1", 1, 0) == 1;
}

}  // namespace brood::detail::process

#include "process/tree.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "sys/calls.hpp"

namespace brood::process {
namespace {

struct entry {
  pid_t parent = 0;
  pid_t group = 0;
  char state = '?';
};

/// `/proc/PID/stat` after the program's name, which stands in parentheses and may hold anything: state, parent, group.
std::optional<entry> read_entry(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  entry found;
  std::istringstream fields(text.substr(name_end + 1));
  fields >> found.state >> found.parent >> found.group;
  return fields ? std::optional(found) : std::nullopt;
}

std::map<pid_t, entry> all_processes() {
  std::map<pid_t, entry> all;
  std::error_code ignored;
  for (const auto& directory : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = directory.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    if (auto found = read_entry(pid)) all.emplace(pid, *found);
  }
  return all;
}

std::string content_of(pid_t pid, const char* what) {
  std::ifstream file("/proc/" + std::to_string(pid) + '/' + what);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// In the middle of an execve(2) a process has neither arguments nor an environment for a moment: it must not get away
/// by that. Kernel threads never have any.
std::string environment_of(pid_t pid, const entry& about) {
  constexpr int most_looks = 100;
  constexpr timespec a_moment{.tv_sec = 0, .tv_nsec = 1'000'000};
  constexpr pid_t kernel = 2;
  for (int i = 0; i < most_looks; ++i) {
    std::string all = content_of(pid, "environ");
    if (!all.empty() || about.parent == kernel || pid == kernel) return all;
    // With arguments it is between two of them, or has come out of one since: then what it has now is all it has.
    if (!content_of(pid, "cmdline").empty()) return content_of(pid, "environ");
    const auto now = read_entry(pid);
    if (!now || now->state == 'Z') return {};
    ::nanosleep(&a_moment, nullptr);
  }
  return {};
}

bool carries(pid_t pid, const entry& about, const std::string& mark) {
  std::istringstream variables(environment_of(pid, about));
  for (std::string variable; std::getline(variables, variable, '\0');) {
    std::string_view rest = variable;
    if (!rest.starts_with(tree::mark_name) || !rest.substr(tree::mark_name.size()).starts_with('=')) continue;
    for (rest.remove_prefix(tree::mark_name.size() + 1);;) {
      const auto end = rest.find(tree::between_marks);
      if (rest.substr(0, end) == mark) return true;
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return false;
}

std::vector<pid_t> pids_in(const std::filesystem::path& cgroup) {
  std::ifstream file(cgroup / "cgroup.procs");
  return {std::istream_iterator<pid_t>(file), {}};
}

/// Through a pidfd: whoever has the number when it is opened gets the signal, and nobody later. Between the look at
/// /proc and that a process may end and its number be given away, which takes a whole turn of pid_max.
bool signal_one(pid_t pid, int number) {
  unique_fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return errno == ESRCH;
  return sys::pidfd_send_signal(fd.get(), number) == 0 || errno == ESRCH;
}

bool write_kill(const std::filesystem::path& cgroup) {
  std::ofstream file(cgroup / "cgroup.kill");
  return static_cast<bool>(file << '1' << std::flush);
}

}  // namespace

void tree::forget_dead_group() noexcept {
  if (group && ::kill(-root, 0) == -1 && errno == ESRCH) group = false;
}

bool tree::alive() const {
  if (!cgroup.empty() && !pids_in(cgroup).empty()) return true;
  return group && ::kill(-root, 0) == 0;
}

void tree::signal(int number) const {
  if (!cgroup.empty()) {
    if (number == SIGKILL && write_kill(cgroup)) return;
    for (const pid_t pid : pids_in(cgroup)) signal_one(pid, number);
  } else if (group) {
    ::kill(-root, number);
  }
}

/// The tree is looked at again and again until a look finds nobody new: a process may have forked while it was looked
/// at.
tree_report tree::kill(int number, bool root_lives) const {
  tree_report report;
  std::set<pid_t> members;
  if (root_lives) members.insert(root);
  std::set<pid_t> done;
  const auto take = [&](pid_t pid) {
    if (!done.insert(pid).second) return false;
    if (signal_one(pid, number)) {
      ++report.signalled;
    } else {
      report.left.push_back(pid);
    }
    return true;
  };
  if (!cgroup.empty()) {
    for (const pid_t pid : pids_in(cgroup)) take(pid);
    if (number == SIGKILL) write_kill(cgroup);  // and all that have been forked since
  }
  for (bool again = true; again;) {
    again = false;
    const auto all = all_processes();
    for (std::size_t before = 0; before != members.size();) {  // until no process has a member for a parent
      before = members.size();
      for (const auto& [pid, one] : all) {
        if (members.contains(one.parent) && one.parent != 1) members.insert(pid);
      }
    }
    for (const auto& [pid, one] : all) {
      if (group && one.group == root) members.insert(pid);
      if (!mark.empty() && !members.contains(pid) && carries(pid, one, mark)) members.insert(pid);
    }
    for (const pid_t pid : members) {
      const auto found = all.find(pid);
      if (found != all.end() && found->second.state != 'Z' && take(pid)) again = true;
    }
  }
  return report;
}

}  // namespace brood::process

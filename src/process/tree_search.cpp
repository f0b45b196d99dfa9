#include "process/tree_search.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <utility>

#include "process/cgroup.hpp"
#include "sys/calls.hpp"

namespace brood::detail::process {
namespace {

constexpr int max_passes = 10;
// from the third on, no pass begins later than this: the loop is blocked meanwhile
constexpr std::chrono::milliseconds max_time{200};

/// The variable is a list of marks.
bool has_mark(const std::string& environment, const std::string& mark) {
  std::istringstream variables(environment);
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

}  // namespace

tree::outcome tree_search::run() {
  if (root_ != nullptr) members_.insert(tree_.root);
  const bool is_closed = !tree_.cgroup.empty() && search_cgroup();
  if (!is_closed) {
    outcome_.report.may_have_escaped = true;
    search_processes();
  }
  if (root_ != nullptr && !known_.contains(tree_.root)) signal_one(tree_.root, root_has_it());
  return std::move(outcome_);
}

/// There are at least two passes: the first one may list a process just before it forks.
template <class Pass>
void tree_search::repeat(Pass pass) {
  constexpr std::chrono::milliseconds until_an_exec_is_over{1};
  const auto end = std::chrono::steady_clock::now() + max_time;
  for (int count = 1;; ++count) {
    found_new_ = missed_ = false;
    if (!pass()) return;
    if (!found_new_ && !missed_ && count > 1) return;
    if (count == max_passes || (count > 1 && std::chrono::steady_clock::now() > end)) break;
    if (!found_new_ && missed_) sys::sleep_for(until_an_exec_is_over);
  }
  outcome_.report.still_forking = true;
}

/// Returns false if not all of the cgroup could be read.
bool tree_search::search_cgroup() {
  bool is_complete = true;
  const bool killed = signal_ == SIGKILL && [&] {
    std::vector<pid_t> pids;
    list_cgroup(tree_.cgroup, pids);
    if (!kill_cgroup(tree_.cgroup)) return false;
    for (const pid_t pid : pids) signal_one(pid, true);
    return true;
  }();
  if (killed) return true;
  repeat([&] {
    std::vector<pid_t> pids;
    is_complete = list_cgroup(tree_.cgroup, pids) && is_complete;
    for (const pid_t pid : pids) signal_one(pid, false);
    return true;
  });
  outcome_.report.incomplete = !is_complete;
  return is_complete;
}

void tree_search::search_processes() {
  repeat([this] {
    if (look_at_all()) return signal_found(), true;
    outcome_.report.incomplete = true;
    signal_unseen();
    return false;
  });
}

/// Returns false if there is no list of processes.
bool tree_search::look_at_all() {
  found_.clear();
  others_.clear();
  const auto pids = sys::all_processes();
  if (!pids) return false;
  for (const pid_t pid : *pids) look_at(pid);
  for (bool again = true; again;) {  // until no further process is related to one that was found
    again = false;
    for (auto& one : others_) {
      if (members_.contains(one.pid) || !is_related(one.entry)) continue;
      add(one);
      again = true;
    }
  }
  return true;
}

void tree_search::look_at(pid_t pid) {
  if (older_.contains(pid)) return;
  const auto entry = sys::entry_of(pid);
  if (!entry) return could_not_look_at(pid, errno);
  if (entry->kernel_thread || entry->start < tree_.start) {
    older_.insert(pid);
  } else if (entry->has_ended()) {
    missed_ = known_.insert(pid).second || missed_;
  } else if (members_.contains(pid) || is_related(*entry) || carries_mark(pid)) {
    add({pid, *entry});
  } else {
    others_.push_back({pid, *entry});
  }
}

/// During an execve(2) a process briefly has neither arguments nor an environment.
bool tree_search::carries_mark(pid_t pid) {
  if (known_.contains(pid)) return false;
  auto environment = sys::environment_of(pid);
  if (environment && environment->empty()) {
    const auto arguments = sys::command_line_of(pid);
    if (arguments && arguments->empty()) {
      missed_ = true;
      return false;
    }
    environment = sys::environment_of(pid);  // that execve may have completed meanwhile
  }
  if (!environment) {
    could_not_look_at(pid, errno);
    return false;
  }
  known_.insert(pid);
  return !tree_.mark.empty() && has_mark(*environment, tree_.mark);
}

bool tree_search::is_related(const sys::process_entry& one) const {
  return members_.contains(one.parent) || sessions_.contains(one.session) || (tree_.group && one.group == tree_.root);
}

void tree_search::add(const process& one) {
  members_.insert(one.pid);
  const pid_t session = one.entry.session;
  if (tree_.has_bounds() && session > 0 && session != tree_.outer_session) sessions_.insert(session);
  if (!signalled_.contains(one.pid)) found_.push_back(one);
}

/// This user may not inspect processes of other users. Whether they belong to the tree is unknown, as for processes
/// that have escaped.
void tree_search::could_not_look_at(pid_t pid, int error) {
  if (sys::is_gone(error)) {
    missed_ = missed_ || !known_.contains(pid);
  } else if (!sys::is_refused(error)) {
    outcome_.report.incomplete = true;
  }
}

/// Whole groups first, if all their processes belong to the tree: the kernel signals a group at once, so none of its
/// processes forks in between. The oldest first: if a shell's command ended before the shell got the signal, the shell
/// would go on with its next command.
void tree_search::signal_found() {
  std::sort(found_.begin(), found_.end(), [](const process& a, const process& b) {
    return std::pair(a.entry.start, a.pid) < std::pair(b.entry.start, b.pid);
  });
  std::set<pid_t> groups;
  for (const auto& [pid, entry] : found_) {
    const pid_t group = entry.group;
    const bool is_ours = (tree_.group && group == tree_.root) || sessions_.contains(entry.session);
    if (is_ours && !groups.contains(group) && signal_group(group)) groups.insert(group);
  }
  for (const auto& [pid, entry] : found_) signal_one(pid, groups.contains(entry.group));
}

/// Once, because no process must get the signal twice. For SIGKILL that makes no difference.
bool tree_search::signal_group(pid_t group) {
  if (group <= 1 || (signal_ != SIGKILL && groups_.contains(group))) return false;
  if (sys::kill(-group, signal_) == -1) return false;
  groups_.insert(group);
  return true;
}

bool tree_search::root_has_it() const {
  return groups_.contains(tree_.root) && sys::group_of(tree_.root) == tree_.root;
}

/// Signals the processes that can be reached without inspecting any.
void tree_search::signal_unseen() {
  const bool group_has_it = tree_.group && signal_group(tree_.root);
  if (root_ != nullptr) {
    signal_one(tree_.root, root_has_it());
  } else if (group_has_it) {
    ++outcome_.report.signalled;
  }
}

void tree_search::signal_one(pid_t pid, bool has_it_already) {
  known_.insert(pid);
  members_.insert(pid);
  if (!signalled_.insert(pid).second) return;
  found_new_ = true;
  const int number = has_it_already ? 0 : signal_;
  error_code failed;
  if (root_ != nullptr && pid == tree_.root) {
    root_->signal(number, failed);
  } else if (sys::kill(pid, number) == -1) {
    failed = sys::last_error();
  }
  const bool is_gone = failed == boost::system::errc::no_such_process;
  if (failed && !is_gone) {
    outcome_.report.left.push_back(pid);
  } else if (!is_gone || has_it_already) {
    ++outcome_.report.signalled;
    outcome_.reached.push_back(pid);
  }
}

}  // namespace brood::detail::process

#pragma once

#include <set>
#include <utility>
#include <vector>

#include "process/tree.hpp"
#include "sys/processes.hpp"

namespace brood::detail::process {

/// One search for the processes of a tree, each of which gets a signal.
///
/// Processes fork during the search. So it is made in passes, until a pass finds no new process:
///
///     the search                  process A                  its child B
///     lists A
///                                 forks B, exits             starts
///     A is gone: another pass
///     lists B: another pass                                  gets the signal
///     lists nothing new: done
///
/// A process that was listed but ended before it could be inspected counts as new, because it may have left a child. If
/// processes are still new in the last permitted pass, the report says so (tree_report::still_forking).
class tree_search {
 public:
  /// `root`: nullptr if it was reaped.
  tree_search(const tree& of, int signal, loop::reaper* root) : tree_(of), signal_(signal), root_(root) {}
  tree::outcome run();

 private:
  struct process {
    pid_t pid;
    sys::process_entry entry;
  };

  bool search_cgroup();
  void search_processes();
  template <class Pass>
  void repeat(Pass pass);

  bool look_at_all();
  void look_at(pid_t pid);
  bool carries_mark(pid_t pid);
  bool is_related(const sys::process_entry& one) const;
  void add(const process& one);
  void could_not_look_at(pid_t pid, int error);

  void signal_found();
  bool signal_group(pid_t group);
  bool root_has_it() const;
  void signal_unseen();
  void signal_one(pid_t pid, bool has_it_already);

  const tree& tree_;
  const int signal_;
  loop::reaper* const root_;
  tree::outcome outcome_;
  std::set<pid_t> members_;
  std::set<pid_t> signalled_;  // including failed attempts
  std::set<pid_t> groups_;     // that got the signal as a group
  std::set<pid_t> sessions_;   // created by processes of the tree, so only processes of the tree are in them
  std::set<pid_t> known_;      // inspected in an earlier pass, so their end does not count as new
  std::set<pid_t> older_;      // than the tree, and kernel threads

  // Of one pass:
  bool found_new_ = false;
  bool missed_ = false;  // a process that ended, or was in an execve(2), when it was inspected
  std::vector<process> found_;
  std::vector<process> others_;
};

}  // namespace brood::detail::process

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brood/error.hpp"
#include "brood/options.hpp"
#include "launch/child_side.hpp"
#include "values/environment_block.hpp"

namespace brood::detail::launch {

/// A program to start, as the parent describes it.
struct request {
  std::string file{};               ///< a path, or a name to search in the PATH of `env`
  std::vector<std::string> argv{};  ///< including argv[0]
  environment_block env{};
  std::string cwd{};               ///< empty: unchanged
  std::vector<int> descriptors{};  ///< index: the child's number; value: the parent's, or -1 for none
  int cgroup = -1;                 ///< an open cgroup.procs
  std::string cgroup_path{};
  bool new_session = false;
  bool new_group = false;
  bool die_with_parent = false;
  int terminal = -1;  ///< which of the child's descriptors becomes its controlling terminal
  identity as{};
  brood::limits limits{};
};

/// A request prepared for the child. All memory that the child needs is allocated here, because it must not allocate
/// between clone and exec. Owns the memory that `view()` refers to.
class plan {
 public:
  /// Throws: spawn_error if an argument cannot be passed to a program (it contains a NUL, or the command is empty).
  explicit plan(request r);
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;

  child_view& view() noexcept { return view_; }
  bool dies_with_parent() const noexcept { return request_.die_with_parent; }
  /// Takes the arguments, for child_process::args(). The plan must not be used afterwards.
  std::vector<std::string> take_argv() noexcept { return std::move(request_.argv); }
  /// Returns the exception for a step that failed in the child, with the path that it concerned.
  spawn_error error_of(const child_failure& failure) const;

 private:
  void check() const;
  void find_candidates();
  void prepare_limits();
  void prepare_identity();
  std::string path_of(const child_failure& failure) const;

  request request_;
  std::vector<std::string> candidates_;
  std::vector<const char*> candidate_pointers_;
  // one spare element at the front: a script without "#!" is run as `/bin/sh script args`
  std::vector<const char*> argv_;
  std::vector<const char*> env_;
  std::vector<int> descriptors_;
  std::vector<child_limit> limits_;
  std::vector<unsigned long> cpus_;
  std::vector<gid_t> groups_;
  child_view view_{};
};

}  // namespace brood::detail::launch

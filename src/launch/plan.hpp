#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brood/error.hpp"
#include "brood/options.hpp"
#include "launch/child_side.hpp"
#include "values/environment_block.hpp"

namespace brood::detail::launch {

/// What to start, as the parent thinks of it.
struct request {
  std::string file{};               ///< a path, or a name to look up in the PATH of `env`
  std::vector<std::string> argv{};  ///< argv[0] included
  environment_block env{};
  std::string cwd{};               ///< empty: stay
  std::vector<int> descriptors{};  ///< index: the child's number; value: ours, or -1 for none
  int cgroup = -1;                 ///< an open cgroup.procs
  std::string cgroup_path{};
  bool new_session = false;
  bool new_group = false;
  bool die_with_parent = false;
  int terminal = -1;  ///< which of the child's descriptors is the terminal that shall control its session
  identity as{};
  brood::limits limits{};
};

/// A request made ready for the child: every byte it will need is allocated here, since between clone and exec it
/// may not allocate. Keeps the memory that `view()` points into.
class plan {
 public:
  /// Throws spawn_error where an argument cannot be passed to a program at all (a NUL inside, an empty command).
  explicit plan(request r);
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;

  child_view& view() noexcept { return view_; }
  bool dies_with_parent() const noexcept { return request_.die_with_parent; }
  /// The arguments, for the record; the plan is of no further use.
  std::vector<std::string> take_argv() noexcept { return std::move(request_.argv); }
  /// What to throw for a step that failed in the child: with the path it was working on.
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
  std::vector<const char*> argv_;  // one spare slot in front: a script without "#!" is run as `/bin/sh script args`
  std::vector<const char*> env_;
  std::vector<int> descriptors_;
  std::vector<child_limit> limits_;
  std::vector<unsigned long> cpus_;
  std::vector<gid_t> groups_;
  child_view view_{};
};

}  // namespace brood::detail::launch

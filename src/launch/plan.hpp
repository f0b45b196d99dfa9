#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brood/error.hpp"
#include "launch/child_side.hpp"

namespace brood::launch {

/// What to start, as the parent thinks of it.
struct request {
  std::string file;                  ///< a path, or a name to look up in the PATH of `env`
  std::vector<std::string> argv;     ///< argv[0] included
  std::vector<std::string> env;      ///< "NAME=value"
  std::string cwd;                   ///< empty: stay
  std::vector<int> descriptors;      ///< index: the child's number; value: ours, or -1 for none
  bool new_session = false;
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
  /// The arguments, for the record; the plan is of no further use.
  std::vector<std::string> take_argv() noexcept { return std::move(request_.argv); }
  /// The path the failed step was working on, for the message.
  std::string path_of(const child_failure& failure) const;

 private:
  void check() const;
  void find_candidates();

  request request_;
  std::vector<std::string> candidates_;
  std::vector<const char*> candidate_pointers_;
  std::vector<const char*> argv_;  // one spare slot in front: a script without "#!" is run as `/bin/sh script args`
  std::vector<const char*> env_;
  std::vector<int> descriptors_;
  child_view view_{};
};

}  // namespace brood::launch

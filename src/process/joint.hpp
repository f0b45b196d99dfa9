#pragma once

#include <memory>

#include "process/readable.hpp"
#include "process/writable.hpp"

namespace brood::detail::process {

/// Moves the output of one child into the input of another one. The pending wait, or the event of the stream that ends
/// it, keeps this alive.
class joint : public std::enable_shared_from_this<joint> {
 public:
  joint(std::shared_ptr<readable_state> from, std::shared_ptr<writable_state> to);

  void start();
  const std::shared_ptr<detail::one_shot_state<error_code>> ended;

 private:
  enum class outcome { moved, source_dry, target_full, finished };

  void move();
  outcome move_some();
  outcome splice_some();
  outcome copy_some();
  void wait_for_source();
  void wait_for_target();
  void ready(error_code ec);
  void target_closed(error_code reason);
  void finish(error_code reason);

  const std::shared_ptr<readable_state> from_;
  const std::shared_ptr<writable_state> to_;
  bool splices_;  // until the system reports that it cannot splice these two
  bool finished_ = false;
};

/// Returns the read end of a pipe that receives all buffered and future data of `from`, forwarded while the loop runs.
/// Throws as readable::release.
unique_fd relay(const std::shared_ptr<readable_state>& from);

}  // namespace brood::detail::process
